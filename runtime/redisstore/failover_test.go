package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// outage is an app that folds a log while its server fails.
type outage struct {
	*ledger.App
	t      *testing.T
	ctx    context.Context
	log    *apptest.Still
	sent   strings.Builder
	change chan struct{} // holds a token when there was a commit

	mu      sync.Mutex
	free    chan struct{} // closed while events may be handled
	commits int
	allowed int // commits until then
	next    map[int32]int64
	lost    int64 // events that were committed and are folded again
}

// newOutage runs an app over the server of a client until the test ends.
func newOutage(t *testing.T, c redis.UniversalClient) *outage {
	t.Helper()
	o := &outage{t: t, change: make(chan struct{}, 1), free: make(chan struct{}),
		next: map[int32]int64{}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	o.ctx = ctx
	var err error
	if o.log, err = apptest.NewStill(4, 3, 12_000, &o.sent); err != nil {
		t.Fatal(err)
	}
	s, err := redisstore.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(o.log, s)
	cfg.BatchSize = 5
	cfg.Retry.Min, cfg.Retry.Max = time.Millisecond, 100*time.Millisecond
	cfg.Hooks.Commit = o.committed
	audit := apptest.FailOnDemand()
	fail := audit.Do
	audit.Do = func(ctx context.Context, e brook.Event[ledger.Moved]) error {
		o.mu.Lock()
		free := o.free
		o.mu.Unlock()
		select {
		case <-free:
			return fail(ctx, e)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if o.App, err = ledger.NewApp(cfg, ledger.Books{}, audit); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() {
		closed(t, o.App)
		if err := <-done; err != nil && !errors.Is(err, brook.ErrClosed) {
			t.Error(err)
		}
	})
	return o
}

func (o *outage) committed(c brook.Commit) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.commits++; o.commits == o.allowed {
		o.free = make(chan struct{})
	}
	for _, p := range c.Partitions {
		if was := o.next[p.Partition] - p.Next; was >= 0 {
			o.lost += was + 1
		}
		o.next[p.Partition] = p.Next
	}
	select {
	case o.change <- struct{}{}:
	default:
	}
}

// allow lets n further commits happen before events have to wait, so that the log is not
// at its end too soon.
func (o *outage) allow(n int) (commits int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.allowed <= o.commits {
		close(o.free)
	}
	o.allowed = o.commits + n
	return o.commits
}

// more waits for n further commits, and lets some more happen meanwhile.
func (o *outage) more(n int) {
	o.t.Helper()
	want := o.allow(n+150) + n
	for {
		o.mu.Lock()
		got := o.commits
		o.mu.Unlock()
		if got >= want {
			return
		}
		select {
		case <-o.change:
		case <-o.ctx.Done():
			o.t.Fatalf("%d commits, want %d", got, want)
		}
	}
}

// check waits until the log is folded, and compares the views with those of one pass, also as
// a process sees them that comes by another client. It returns how many committed events were
// lost and folded again.
func (o *outage) check(c redis.UniversalClient) (lost int64) {
	t := o.t
	t.Helper()
	o.allow(1 << 30)
	if err := dealtWith(o.ctx, o.log, o.App); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	log, err := apptest.NewStill(4, 3, 12_000, &all)
	if err != nil {
		t.Fatal(err)
	}
	pass := audited(t, log, mapstore.New())
	caughtUp(t, pass)
	want := apptest.Observe(t, pass)
	closed(t, pass)
	if len(want.Letters) == 0 || len(want.Accounts) == 0 || len(want.Notes) == 0 {
		t.Fatalf("a dull story: %.2000v", want)
	}
	apptest.Same(t, apptest.Observe(t, o.App), want)
	s, err := redisstore.New(o.ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	another := audited(t, o.log, s)
	if err := dealtWith(o.ctx, o.log, another); err != nil { // where the positions are
		t.Error(err)
	}
	apptest.Same(t, apptest.Observe(t, another), want)
	closed(t, another)
	closed(t, o.App) // after what was emitted is sent
	if got, want := apptest.UniqueWords(o.sent.String()),
		apptest.UniqueWords(all.String()); !slices.Equal(got, want) ||
		len(want) == 0 {
		t.Errorf("%d emissions were sent, want %d", len(got), len(want))
	}
	return o.lost
}

// A replica takes over that does not have the last commits: positions go back together with the
// rows, and what was lost is folded again.
func TestFailoverLosesCommits(t *testing.T) {
	master := startNode(t)
	replica := startNode(t, "--replica", master.addr)
	replica.until("master_link_status", "up")
	c := newSwitched(t, master)
	o := newOutage(t, c)
	for range 2 {
		o.more(50)
		replica.catchesUp(master)
		replica.do("replicaof", "no", "one") // from here on it misses what is committed
		o.more(50)
		master.crash()
		c.to(replica)
		master, replica = replica, startNode(t, "--replica", replica.addr)
		o.more(50)
		replica.until("master_link_status", "up")
	}
	lost := o.check(c)
	t.Logf("%d committed events were lost and folded again", lost)
	if lost < 100 {
		t.Errorf("%d committed events were lost: what was to be tested did not happen", lost)
	}
}

// Sentinel replaces a master that crashed, and one that works, while commits run.
func TestSentinelFailsOver(t *testing.T) {
	master := startNode(t)
	replica := startNode(t, "--replica", master.addr)
	replica.until("master_link_status", "up")
	sentinel := startNode(t, "--sentinel", master.addr)
	sentinel.until("master0", "name=brook,status=ok,address="+master.addr+",slaves=1,sentinels=1")
	connect := func() *redis.Client {
		c := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "brook",
			SentinelAddrs: []string{sentinel.addr}})
		closing(t, c)
		return c
	}
	o := newOutage(t, connect())
	o.more(50)
	replica.catchesUp(master)
	master.crash()
	o.more(50)
	if role := replica.info("role"); role != "master" {
		t.Fatalf("the replica is a %s", role)
	}
	second := startNode(t, "--replica", replica.addr)
	second.until("master_link_status", "up")
	// with the one that crashed
	sentinel.until("master0", "name=brook,status=ok,address="+replica.addr+",slaves=2,sentinels=1")
	o.more(50)
	second.catchesUp(replica)
	sentinel.accepts("sentinel", "failover", "brook") // once it knows the second one well enough
	second.until("role", "master")
	// What the old one takes until then is lost, and an app notices that with its next commit: one
	// that is at the log's end by then has none.
	replica.until("role", "slave")
	o.more(50)
	t.Logf("%d committed events were lost and folded again", o.check(connect()))
}

// A server that is killed goes on with what its append-only file has.
func TestServerRestarts(t *testing.T) {
	server := startNode(t, "--aof")
	c := newSwitched(t, server)
	o := newOutage(t, c)
	for range 3 {
		o.more(50)
		server.crash()
		server.start()
		c.to(server)
	}
	o.more(50)
	t.Logf("%d committed events were lost and folded again", o.check(c))
}
