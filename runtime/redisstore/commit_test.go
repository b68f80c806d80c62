package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

func tableOf(t testing.TB, s brook.Store, spec brook.TableSpec) brook.Table {
	t.Helper()
	table, err := s.Table(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func newID() (id brook.BatchID) {
	rand.Read(id[:])
	return id
}

func put(t brook.Table, key, value string, history ...*brook.HistoryEntry) brook.Write {
	return brook.Write{Table: t, Key: []byte(key), Value: []byte(value), History: history}
}

func commit(t testing.TB, s brook.Store, writes ...brook.Write) {
	t.Helper()
	if err := s.Commit(t.Context(), &brook.Batch{ID: newID(), Writes: writes}); err != nil {
		t.Fatal(err)
	}
}

func historyOf(t testing.TB, s brook.Store, table brook.Table, key string) (ids []string) {
	t.Helper()
	for e, err := range s.Latest().History(t.Context(), table, []byte(key)) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return ids
}

// lossy returns a store whose client does not repeat by itself, and the way to it.
func lossy(t *testing.T) (*redisstore.Store, *proxy) {
	t.Helper()
	p := newProxy(t, client(t).Options().Addr)
	c := redis.NewClient(&redis.Options{Addr: p.addr, MaxRetries: -1, PoolSize: 1})
	closing(t, c)
	return open(t, c, apart(t)), p
}

// A commit whose reply was lost is a success when it comes again, done once, also after
// commits of others.
func TestLostReply(t *testing.T) {
	s, p := lossy(t)
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	commit(t, s, put(table, "k", "0"))
	var want []string
	for n := range 30 {
		e := &brook.HistoryEntry{ID: fmt.Sprint(n), Type: "x"}
		want = append(want, e.ID)
		v, err := s.Latest().Get(t.Context(), table, []byte("k"))
		if err != nil {
			t.Fatal(err)
		}
		b := &brook.Batch{ID: newID(),
			Checks: []brook.Check{{Table: table, Key: []byte("k"), Version: v.Version}},
			Writes: []brook.Write{put(table, "k", e.ID, e)}}
		p.loseEvery(1)
		if err := s.Commit(t.Context(), b); err == nil || errors.Is(err, brook.ErrConflict) {
			t.Fatalf("the lost reply gives %v", err)
		}
		p.loseEvery(0)
		if n%2 == 0 {
			commit(t, s, put(table, "other", e.ID))
		}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatalf("the repeat gives %v", err)
		}
	}
	if got := historyOf(t, s, table, "k"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("history %v, want %v", got, want)
	}
	if p.lost.Load() < 30 {
		t.Errorf("only %d replies were lost", p.lost.Load())
	}
}

// When so many others committed that the ID of a batch may be forgotten, nobody knows whether it
// was done: it is refused, so that it is never done twice.
func TestRepeatTooLate(t *testing.T) {
	s, p := lossy(t)
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	for range 3 {
		commit(t, s, put(table, "k", "0"))
		b := &brook.Batch{ID: newID(),
			Writes: []brook.Write{put(table, "k", "1", &brook.HistoryEntry{ID: "once", Type: "x"})}}
		p.loseEvery(1)
		if err := s.Commit(t.Context(), b); err == nil {
			t.Fatal("no reply was lost")
		}
		p.loseEvery(0)
		for range redisstore.KeptIDs {
			commit(t, s, brook.Write{Table: table, Key: []byte("k"), Value: []byte("2"),
				Clear: true})
		}
		if err := s.Commit(t.Context(), b); !errors.Is(err, brook.ErrConflict) {
			t.Errorf("a repeat that is too late gives %v, want ErrConflict", err)
		}
		if got := historyOf(t, s, table, "k"); len(got) > 0 {
			t.Errorf("it was done again: %v", got)
		}
		commit(t, s, put(table, "k", "3")) // all goes on
	}
}

// A client that committed notices afterwards what a server lost in a failover.
func TestServerWentBack(t *testing.T) {
	c := client(t)
	s := open(t, c, apart(t))
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	for n := range 5 {
		commit(t, s, put(table, "k", fmt.Sprint(n)))
	}
	redisstore.Rewind(t.Context(), t, s, 2)
	if err := s.Commit(t.Context(),
		&brook.Batch{ID: newID(), Writes: []brook.Write{put(table, "k", "6")}}); !errors.Is(err,
		brook.ErrConflict) {
		t.Errorf("a commit on what was lost gives %v, want ErrConflict", err)
	}
	commit(t, s, put(table, "k", "7"))
}

// Two stores over one server write what does not meet, and what does.
func TestTwoStores(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		prefix := apart(t)
		const writers, updates = 3, 50
		var wg sync.WaitGroup
		var stores [2]*redisstore.Store
		for i := range stores {
			stores[i] = open(t, connect(t), prefix)
			table := tableOf(t, stores[i], brook.TableSpec{Name: "app/rows"})
			for w := range writers {
				wg.Go(func() {
					update(t.Context(), t, stores[i], table, updates, fmt.Sprint("own ", i, w))
				})
			}
		}
		wg.Wait()
		for i, s := range stores {
			table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
			if got := len(historyOf(t, s, table, "shared")); got != 2*writers*updates {
				t.Errorf("store %d sees %d updates of the shared row, want %d", i, got,
					2*writers*updates)
			}
			v, err := s.Latest().Get(t.Context(), table, []byte("shared"))
			if err != nil || len(v.Data.([]byte)) != 2*writers*updates {
				t.Errorf("store %d: %d, %v", i, len(v.Data.([]byte)), err)
			}
			for j := range stores {
				for w := range writers {
					if got := len(historyOf(t, s, table,
						fmt.Sprint("own ", j, w))); got != updates {
						t.Errorf("store %d sees %d updates of an own row, want %d", i, got, updates)
					}
				}
			}
		}
	})
}

// update makes the shared row a byte longer n times, and a row of its own.
func update(ctx context.Context, t *testing.T, s brook.Store, table brook.Table, n int,
	own string) {
	for i := 0; i < n; {
		v, err := s.Latest().Get(ctx, table, []byte("shared"))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			t.Error(err)
			return
		}
		was, _ := v.Data.([]byte)
		e := &brook.HistoryEntry{ID: fmt.Sprint(own, " ", i), Type: "x"}
		check := brook.Check{Table: table, Key: []byte("shared"), Version: v.Version}
		if i%2 == 0 && v.Version != 0 {
			check.Value = was
		}
		err = s.Commit(ctx, &brook.Batch{ID: newID(), Checks: []brook.Check{check},
			Writes: []brook.Write{put(table, "shared", string(was)+"x", e),
				put(table, own, "", e)}})
		if err == nil {
			i++
		} else if !errors.Is(err, brook.ErrConflict) {
			t.Error(err)
			return
		}
	}
}

func TestTooLarge(t *testing.T) {
	s := open(t, client(t), apart(t), redisstore.Limit(10_000))
	table := tableOf(t, s, brook.TableSpec{Name: "app/rows"})
	err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{put(table, "k", strings.Repeat("x", 10_001))}})
	if !errors.Is(err, brook.ErrTooLarge) || !strings.Contains(err.Error(), "the limit is 10000") {
		t.Errorf("too large: %v", err)
	}
	commit(t, s, put(table, "k", strings.Repeat("x", 9_000)))
	if _, err := redisstore.New(t.Context(), client(t), redisstore.Limit(0)); err == nil {
		t.Error("a limit of 0 is taken")
	}
}

// A batch is of one app, because an app's keys are in one place.
func TestTablesOfTwoApps(t *testing.T) {
	s := open(t, client(t), apart(t))
	a, b := tableOf(t, s, brook.TableSpec{Name: "a/rows"}), tableOf(t, s,
		brook.TableSpec{Name: "b/rows"})
	commit(t, s, put(a, "k", "a"))
	commit(t, s, put(b, "k", "b"))
	if err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{put(a, "k", "2"), put(b, "k", "2")}}); err == nil {
		t.Error("a batch of two apps is taken")
	}
	v, err := s.Latest().Get(t.Context(), a, []byte("k"))
	if err != nil || string(v.Data.([]byte)) != "a" {
		t.Errorf("%v, %v", v, err)
	}
	other := open(t, client(t), apart(t))
	if _, err := other.Latest().Get(t.Context(), a, []byte("k")); err == nil {
		t.Error("another store's table is taken")
	}
}
