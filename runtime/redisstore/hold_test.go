package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// Snapshots succeed while several processes commit without a pause: commits wait for them,
// and never for long.
func TestSnapshotsUnderWrites(t *testing.T) {
	n, _, s, table := alone(t)
	var rows []brook.Write
	for i := range 6000 {
		rows = append(rows, put(table, fmt.Sprintf("row%05d", i), strings.Repeat("x", 100)))
	}
	commit(t, s, rows...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var commits, longest atomic.Int64
	var writers sync.WaitGroup
	for w := range 3 {
		c := redis.NewClient(&redis.Options{Addr: n.addr})
		closing(t, c)
		other, err := redisstore.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		mine := tableOf(t, other, brook.TableSpec{Name: "app/rows"})
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				began := time.Now()
				// Two rows with one value, of which every snapshot has to see both or none.
				value := fmt.Sprint(w, " ", i)
				err := other.Commit(ctx,
					&brook.Batch{Writes: []brook.Write{put(mine, fmt.Sprint("a", w), value),
						put(mine, fmt.Sprint("z", w), value)}})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				commits.Add(1)
				longest.Store(max(longest.Load(), int64(time.Since(began))))
			}
		})
	}
	const snapshots, tries = 60, 10
	taken, moved := 0, 0
	for range snapshots {
		before := commits.Load()
		for range tries {
			err := readAll(t, s, table)
			if err == nil {
				taken++
				break
			}
			moved++
			if !errors.Is(err, brook.ErrSnapshotMoved) {
				t.Fatal(err)
			}
		}
		for commits.Load() == before && !t.Failed() { // writers have their turn between snapshots
			time.Sleep(time.Millisecond)
		}
	}
	stop()
	writers.Wait()
	t.Logf("%d of %d snapshots, %d tries moved, %d commits, the longest took %v", taken, snapshots,
		moved, commits.Load(), time.Duration(longest.Load()))
	if taken != snapshots {
		t.Errorf("%d of %d snapshots succeeded within %d tries", taken, snapshots, tries)
	}
}

// readAll scans a table in a snapshot, and looks whether it is of one instant.
func readAll(t *testing.T, s *redisstore.Store, table brook.Table) (err error) {
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	found := map[string]string{}
	for row, err := range snap.Scan(t.Context(), table, nil, nil) {
		if err != nil {
			return err
		}
		found[string(row.Key)] = string(row.Value.Data.([]byte))
	}
	for w := range 3 {
		if a, z := found[fmt.Sprint("a", w)], found[fmt.Sprint("z", w)]; a != z {
			t.Errorf("a snapshot saw %q and %q", a, z)
		}
	}
	return nil
}

// A snapshot that is never closed, as of a process that died, holds commits back for a moment only.
func TestHoldEnds(t *testing.T) {
	n, _, s, table := alone(t)
	c := redis.NewClient(&redis.Options{Addr: n.addr})
	closing(t, c)
	other, err := redisstore.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	theirs := tableOf(t, other, brook.TableSpec{Name: "app/rows"})
	s.Moved()
	snap, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := snap.Get(t.Context(), table, []byte("a")); err != nil {
		t.Error(err)
	}
	hold := func(d time.Duration) {
		t.Helper()
		was, err := s.Hold(t.Context(), d)
		if err != nil || was <= 0 || d > 0 && was > time.Second {
			t.Errorf("it holds commits back for %v, %v", was, err)
		}
	}
	hold(time.Hour) // however slow this machine is
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.AddHook(&patient{after: 20, gone: cancel})
	err = other.Commit(ctx, &brook.Batch{Writes: []brook.Write{put(theirs, "d", "1")}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a commit while a snapshot holds: %v", err)
	}
	hold(0)
	commit(t, other, put(theirs, "d", "2"))
	if _, err := snap.Get(t.Context(), table, []byte("d")); !errors.Is(err,
		brook.ErrSnapshotMoved) {
		t.Errorf("a read after the hold: %v", err)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
}

// patient leaves after so many commands.
type patient struct {
	after int64
	gone  func()
	sent  atomic.Int64
}

func (*patient) DialHook(next redis.DialHook) redis.DialHook { return next }

func (p *patient) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if p.sent.Add(1) == p.after {
			p.gone()
		}
		return next(ctx, cmd)
	}
}

func (*patient) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
