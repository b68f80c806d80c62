package reads_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/reads"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/internal/watch"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// store counts snapshots, which fail to close with closing.
type store struct {
	brook.Store
	snapshots int
	closing   error
}

type snapshot struct {
	brook.Snapshot
	closing error
}

func (s *store) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	s.snapshots++
	snap, err := s.Store.Snapshot(ctx)
	return &snapshot{snap, s.closing}, err
}

func (s *snapshot) Close() error { return errors.Join(s.Snapshot.Close(), s.closing) }

// live returns the live views of an app without collections: slot 0 is its table of positions, in
// which there are three rows.
func live(t *testing.T, s *store) *reads.Live {
	t.Helper()
	config := &brook.Config{Author: "me", Name: "me", Store: s, Log: slog.New(slog.DiscardHandler)}
	rep := report.New(config.Name, config.Log, config.Hooks)
	code, reader := plan.New("in", nil, nil, nil, nil, nil), s.Latest()
	cat := catalog.New(catalog.Parts{
		Life:   lifetime.New(t.Context(), config.ShutdownTimeout),
		Config: config, Code: code, Reader: reader, IDs: ids.New(), Lock: &quiesce.Lock{},
		Retry: &retry.Loop{Report: rep},
		Owner: catalog.Owner{
			Taken:   func(context.Context) error { return nil },
			Renewed: func(bool) {}, Shown: func(bool) {}, Installed: func(*generation.Generation) {},
			Positions: func() map[partition.ID]int64 { return nil },
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	if err := cat.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := cat.Live()
	g.Tables = append(g.Tables, g.Positions)
	for n := range 3 {
		err := s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{{
			Table: g.Positions, Key: []byte{byte(n)}, Value: []byte("row"),
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return reads.NewLive(t.Context(), reads.Parts{
		Current: cat.Current, Store: s, Reader: reader, Code: code, Hub: watch.NewHub(),
	})
}

// An error of the end of a scan is its last element, unless the loop was left before.
func TestScanEndsWithTheErrorOfItsSnapshot(t *testing.T) {
	s := &store{Store: mapstore.New(), closing: errors.New("it does not close")}
	all := live(t, s).Scan(0, nil, nil)
	count := func(most int) (rows int, last error) {
		for _, err := range all {
			if err != nil {
				last = err
				continue
			}
			if rows++; rows == most {
				break
			}
		}
		return rows, last
	}
	if n, err := count(2); n != 2 || err != nil {
		t.Errorf("left early: %d rows, %v", n, err)
	}
	if n, err := count(10); n != 3 || !errors.Is(err, s.closing) {
		t.Errorf("to the end: %d rows, %v", n, err)
	}
}

// A snapshot that moves under its reader is taken again, ten times at most.
func TestSnapshotThatMovesIsTakenAgain(t *testing.T) {
	s := &store{Store: mapstore.New()}
	l := live(t, s)
	for _, c := range []struct{ moves, snapshots int }{{0, 1}, {3, 4}, {100, 10}} {
		s.snapshots = 0
		err := l.Snapshot(func(brook.Source) error {
			if s.snapshots <= c.moves {
				return fmt.Errorf("read: %w", brook.ErrSnapshotMoved)
			}
			return nil
		})
		if s.snapshots != c.snapshots || (err != nil) != (c.moves > 10) {
			t.Errorf("moves %d times: %d snapshots, %v", c.moves, s.snapshots, err)
		}
	}
	s.snapshots = 0
	failed := errors.New("no")
	if err := l.Snapshot(func(brook.Source) error { return failed }); err != failed {
		t.Error(err)
	}
	if s.snapshots != 1 {
		t.Errorf("%d snapshots for another error", s.snapshots)
	}
}

// plain is a reader that can't count.
type plain struct{ brook.Reader }

// Rows are counted by the store, or one by one, and the sources of fixed tables agree.
func TestCount(t *testing.T) {
	s := &store{Store: mapstore.New()}
	l := live(t, s)
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "other"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Commit(t.Context(), &brook.Batch{Writes: []brook.Write{
		{Table: table, Key: []byte("a"), Value: []byte("row")},
		{Table: table, Key: []byte("b"), Value: []byte("row")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Count(0); n != 3 || err != nil {
		t.Errorf("live: %d, %v", n, err)
	}
	for _, r := range []brook.Reader{s.Latest(), plain{s.Latest()}} {
		f := &reads.Fixed{Tables: []brook.Table{table}, Reader: r, Ctx: t.Context()}
		if n, err := f.Count(0); n != 2 || err != nil || !f.Complete(0) {
			t.Errorf("fixed: %d, %v", n, err)
		}
	}
}
