package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/redis/go-redis/v9"
)

// heard is one step of a sequence of announcements.
type heard struct {
	a   brook.Announcement
	err error
}

// listen returns what is announced from now on.
func listen(ctx context.Context, t *testing.T, s brook.Announcer,
	tables ...brook.Table) <-chan heard {
	t.Helper()
	steps := make(chan heard, 100_000)
	go func() {
		defer close(steps)
		for a, err := range s.Announcements(ctx, tables) {
			steps <- heard{a, err}
		}
	}()
	if first := next(t, steps); first.err != nil || !first.a.Missed || first.a.Table != nil {
		t.Fatalf("the first announcement is %+v", first)
	}
	return steps
}

func next(t *testing.T, steps <-chan heard) heard {
	t.Helper()
	select {
	case h, ok := <-steps:
		if !ok {
			t.Fatal("the announcements ended")
		}
		return h
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is announced")
	}
	panic("not reached")
}

// What one process commits is announced to another, once it can be read.
func TestAnnouncements(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		prefix := apart(t)
		writer, reader := open(t, connect(t), prefix), open(t, connect(t), prefix)
		var theirs, ours [3]brook.Table
		for i := range ours {
			spec := brook.TableSpec{Name: fmt.Sprint("app/", i)}
			theirs[i], ours[i] = tableOf(t, writer, spec), tableOf(t, reader, spec)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		steps := listen(ctx, t, reader, ours[0], ours[1])
		for n := range 200 {
			key := fmt.Sprint(n, "\x00\xff ")
			commit(t, writer, put(theirs[2], key, "unheard"), put(theirs[n%2], key, fmt.Sprint(n)),
				brook.Write{Table: theirs[1-n%2], Key: []byte("gone"), Op: brook.Remove})
			for range 2 {
				h := next(t, steps)
				if h.err != nil || h.a.Missed {
					t.Fatalf("commit %d: %+v", n, h)
				}
				switch string(h.a.Key) {
				case key:
					v, err := reader.Latest().Get(ctx, h.a.Table, h.a.Key)
					if h.a.Table != ours[n%2] || err != nil ||
						string(v.Data.([]byte)) != fmt.Sprint(n) {
						t.Fatalf("commit %d: %+v, %v, %v", n, h, v, err)
					}
				case "gone":
					if h.a.Table != ours[1-n%2] {
						t.Fatalf("commit %d: %+v", n, h)
					}
				default:
					t.Fatalf("commit %d: %+v", n, h)
				}
			}
		}
		commit(t, writer, put(theirs[0], strings.Repeat("long", 20_000), ""))
		if h := next(t, steps); h.err != nil || !h.a.Missed {
			t.Fatalf("what is too much to announce: %+v", h)
		}
		commit(t, writer, put(theirs[0], "k", ""))
		if h := next(t, steps); h.err != nil || h.a.Missed || string(h.a.Key) != "k" {
			t.Fatalf("after it: %+v", h)
		}
		var many []brook.Write
		for i := range 5000 {
			many = append(many, put(theirs[0], fmt.Sprintf("%020d", i), ""))
		}
		commit(t, writer, append(many, put(theirs[1], "few", ""))...)
		if h := next(t, steps); h.err != nil || h.a.Missed || string(h.a.Key) != "few" {
			t.Fatalf("a table of few rows: %+v", h)
		}
		if h := next(t, steps); h.err != nil || !h.a.Missed || h.a.Table != ours[0] {
			t.Fatalf("a table of many rows: %+v", h)
		}
		cancel()
		for h := range steps {
			t.Errorf("after the end: %+v", h)
		}
	})
}

// A subscription that breaks ends with an error, and nothing that came before it is lost unnoticed.
func TestAnnouncementsBreak(t *testing.T) {
	c := client(t)
	prefix := apart(t)
	p := newProxy(t, c.Options().Addr)
	far := redis.NewClient(&redis.Options{Addr: p.addr})
	closing(t, far)
	writer, reader := open(t, c, prefix), open(t, far, prefix)
	spec := brook.TableSpec{Name: "app/rows"}
	theirs, ours := tableOf(t, writer, spec), tableOf(t, reader, spec)
	steps := listen(t.Context(), t, reader, ours)
	commit(t, writer, put(theirs, "1", ""))
	if h := next(t, steps); string(h.a.Key) != "1" {
		t.Fatalf("%+v", h)
	}
	p.cut()
	if h := next(t, steps); h.err == nil {
		t.Fatalf("a broken subscription goes on with %+v", h)
	}
	if h, more := <-steps; more {
		t.Errorf("after the error: %+v", h)
	}
	if h := listen(t.Context(), t, reader, ours); h == nil {
		t.Error("no new subscription")
	}
}

func TestAnnouncementsOfTwoApps(t *testing.T) {
	s := open(t, client(t), apart(t))
	a, b := tableOf(t, s, brook.TableSpec{Name: "a/rows"}), tableOf(t, s,
		brook.TableSpec{Name: "b/rows"})
	for _, err := range s.Announcements(t.Context(), []brook.Table{a, b}) {
		if err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("tables of two apps: %v", err)
		}
	}
	for a, err := range s.Announcements(t.Context(), nil) {
		t.Error("no tables, and an announcement", a, err)
	}
}
