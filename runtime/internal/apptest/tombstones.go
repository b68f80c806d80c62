package apptest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/keeper"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// KeeperTopics are the topics of the app that Tombstones folds. The first two are compacted.
var KeeperTopics = []string{"users", "members", "keeper"}

// keeperApp is an app that keeps what compacted topics hold.
type keeperApp struct {
	*keeper.App
	t       *testing.T
	refuses *atomic.Bool
	config  brook.Config
	passed  atomic.Int64 // records that were passed over
	end     func()
}

// Tombstones folds topics of which records were deleted: live, as a member of a group if group is
// set, after failures, in a rebuild and in a cold start. compact is called before a last rebuild:
// it may remove records that later ones replace, and bury
// users whose IDs begin with f.
func Tombstones(t *testing.T, driver brook.Driver, store brook.Store, group bool, compact func()) {
	refuses := &atomic.Bool{}
	refuses.Store(true)
	a := &keeperApp{t: t, refuses: refuses, config: brook.Config{
		Author: "keeper", Driver: driver, Store: store, Group: group,
	}}
	a.open()
	defer func() { a.end() }()

	for _, id := range []string{"ada", "bob", "cyd", "/%"} {
		a.wait(a.Publish.UserChanged(t.Context(), keeper.UserChanged{ID: id, Name: "n-" + id}))
	}
	for user := range 3 {
		a.wait(a.Publish.MemberChanged(t.Context(), keeper.MemberChanged{Org: "a/b", User: user}))
	}
	a.bury("users", []byte("ada"), nil)
	a.bury("users", []byte("/%"), nil)
	a.bury("users", []byte("nobody"), nil)
	keyless := a.buryNobody()
	a.bury("members", []byte("a%2Fb/1"), nil)
	a.bury("members", []byte("a%2Fb/x"), brook.ErrDeadLetter)
	a.bury("members", []byte("a%2Fb"), brook.ErrDeadLetter)
	a.bury("users", []byte("bob"), brook.ErrDeadLetter)
	pos, err := a.Publish.UserChanged(t.Context(), keeper.UserChanged{ID: "bob", Name: "again"})
	if err == nil {
		err = a.WaitFor(t.Context(), pos)
	}
	if !errors.Is(err, brook.ErrDeadLetter) {
		t.Errorf("what comes behind a letter: %v", err)
	}
	if n := a.passed.Load(); n != keyless {
		t.Errorf("%d records were passed over, want %d without a key", n, keyless)
	}
	const before = "users bob=n-bob*1 cyd=n-cyd*1 gone /%*1 ada*1 nobody*1 members a/b.0 a/b.2"
	letters := []string{"decode member.changed=null", "decode member.changed=null",
		"handle user.changed", "handle user.changed=null"}
	a.check("live", before, letters)
	if all, err := a.Views.Gone.Events("ada"); len(all) > 0 || err != nil {
		t.Errorf("the history of ada is %v, %v", all, err)
	}
	if g, err := a.Views.Gone.Get("ada"); err != nil || g.Trace != "trace=1" {
		t.Errorf("gone: %+v, %v", g, err)
	}
	a.rebuild()
	a.check("rebuilt", before, letters)
	a.restart()
	a.check("opened again", before, letters)

	if n, err := a.Redrive(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("redriven in vain: %d, %v", n, err)
	}
	a.check("redriven in vain", before, letters)
	refuses.Store(false)
	if n, err := a.Redrive(t.Context(), nil); n != 2 || err != nil {
		t.Errorf("redriven: %d, %v", n, err)
	}
	const after = "users bob=again*1 cyd=n-cyd*1 gone /%*1 ada*1 bob*1 nobody*1 members a/b.0 a/b.2"
	a.check("redriven", after, letters[:2])
	a.cold(after, letters[:2])
	if n, err := a.Drop(t.Context(), nil); n != 2 || err != nil {
		t.Errorf("dropped: %d, %v", n, err)
	}
	a.wait(a.Publish.UserChanged(t.Context(), keeper.UserChanged{ID: "cyd", Name: "new"}))
	a.check("in the end", "users bob=again*1 cyd=new*2 gone /%*1 ada*1 bob*1 nobody*1 "+
		"members a/b.0 a/b.2", nil)
	compact()
	a.rebuild()
	if users := a.users(); users != "users bob=again*1 cyd=new*1" &&
		users != "users bob=again*1 cyd=new*2" {
		t.Errorf("rebuilt from what is left: %s", users)
	}
	a.end() // what is to be published is then
	if left := a.left(); !slices.Equal(left, []string{"/%", "ada", "bob", "nobody"}) {
		t.Errorf("emitted for %q", left)
	}
}

// left returns whose leaving was published.
func (a *keeperApp) left() (ids []string) {
	a.t.Helper()
	d := a.config.Driver
	partitions, err := d.Partitions(a.t.Context(), "keeper")
	if err != nil {
		a.t.Fatal(err)
	}
	for _, p := range partitions {
		at := brook.Position{Topic: p.Topic, Partition: p.Number, Offset: p.Start}
		r, err := d.Open(a.t.Context(), at)
		if err != nil {
			a.t.Fatal(err)
		}
		for next := p.Start; next < p.End; {
			c, err := r.Read(a.t.Context(), 1000)
			if err != nil {
				a.t.Fatal(err)
			}
			for _, record := range c.Records {
				if id := string(record.Key); !strings.HasPrefix(id, "f") { // f0 …: compact may add such
					ids = append(ids, id)
				}
			}
			next = c.Next
		}
		if err := r.Close(); err != nil {
			a.t.Error(err)
		}
	}
	slices.Sort(ids)
	return ids
}

// open opens the app and runs it.
func (a *keeperApp) open() {
	a.t.Helper()
	c := a.config
	c.Log = slog.New(slog.DiscardHandler)
	c.Hooks.Commit = func(n brook.Commit) { a.passed.Add(int64(n.Discarded)) }
	app, err := keeper.NewApp(c, a.set())
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(a.t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	a.App = app
	a.end = func() {
		stop()
		if err := errors.Join(<-done, app.Close()); err != nil {
			a.t.Error(err)
		}
		a.end = func() {}
	}
}

func (a *keeperApp) restart() {
	a.end()
	a.open()
}

// set returns the handler set, which refuses users of some names.
func (a *keeperApp) set() keeper.Users {
	return keeper.Users{Refuse: func(name string) bool { return name == "bob" && a.refuses.Load() }}
}

func (a *keeperApp) wait(at brook.Position, err error) {
	a.t.Helper()
	if err == nil {
		err = a.WaitFor(a.t.Context(), at)
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

// bury publishes a tombstone and waits for it.
func (a *keeperApp) bury(topic string, key []byte, want error) {
	a.t.Helper()
	r := brook.Record{Topic: topic, Key: key,
		Headers: []brook.Header{{Key: "trace", Value: []byte("1")}}}
	positions, err := a.config.Driver.Publish(a.t.Context(), []brook.Record{r})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.WaitFor(a.t.Context(), positions[0]); !errors.Is(err, want) {
		a.t.Errorf("the tombstone %q: %v, want %v", key, err, want)
	}
}

// buryNobody publishes a tombstone without a key, which says nothing, and returns how many were
// taken: none by a log that refuses them.
func (a *keeperApp) buryNobody() int64 {
	a.t.Helper()
	positions, err := a.config.Driver.Publish(a.t.Context(), []brook.Record{{Topic: "users"}})
	if errors.Is(err, brook.ErrPermanent) {
		return 0
	}
	if err == nil {
		err = a.WaitFor(a.t.Context(), positions[0])
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return 1
}

func (a *keeperApp) rebuild() {
	a.t.Helper()
	if err := a.Rebuild(a.t.Context()); err != nil {
		a.t.Errorf("rebuild: %v", err)
	}
}

// cold folds the whole log into a store of its own.
func (a *keeperApp) cold(want string, letters []string) {
	a.t.Helper()
	c := a.config
	c.Log, c.Store, c.Group = slog.New(slog.DiscardHandler), mapstore.New(), false
	app, err := keeper.NewApp(c, a.set())
	if err != nil {
		a.t.Fatal(err)
	}
	cold := &keeperApp{App: app, t: a.t, config: c}
	if err := app.CatchUp(a.t.Context()); err != nil {
		a.t.Error(err)
	}
	cold.check("cold start", want, letters)
	if err := app.Close(); err != nil {
		a.t.Error(err)
	}
}

// check compares rows and letters.
func (a *keeperApp) check(when, want string, letters []string) {
	a.t.Helper()
	got := a.users() + " gone"
	for e, err := range a.Views.Gone.All() {
		if err != nil {
			a.t.Fatal(err)
		}
		got += fmt.Sprintf(" %s*%d", e.Key, e.Value.Times)
	}
	got += " members"
	for e, err := range a.Views.Members.All() {
		if err != nil {
			a.t.Fatal(err)
		}
		got += fmt.Sprintf(" %s.%d", e.Key.Org, e.Key.User)
	}
	if got != want {
		a.t.Errorf("%s: the views are\n%s, want\n%s", when, got, want)
	}
	var found []string
	for l, err := range a.DeadLetters() {
		if err != nil {
			a.t.Fatal(err)
		}
		found = append(found, l.Stage+" "+l.Type)
	}
	if slices.Sort(found); !slices.Equal(found, letters) {
		a.t.Errorf("%s: the letters are %q, want %q", when, found, letters)
	}
}

func (a *keeperApp) users() string {
	got := "users"
	for e, err := range a.Views.Users.All() {
		if err != nil {
			a.t.Fatal(err)
		}
		got += fmt.Sprintf(" %s=%s*%d", e.Key, e.Value.Name, e.Value.Changes)
	}
	return got
}
