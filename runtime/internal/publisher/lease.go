package publisher

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/lease"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

var (
	leaseKey = []byte("lease")
	beatKey  = []byte("beat")
)

// Lease is what a process knows of the lease, which says who publishes what the processes of a
// shared store commit: see lease.Beat. It is safe for concurrent use.
type Lease struct {
	table  brook.Table
	store  brook.Store
	reader brook.Reader
	ids    *ids.Source // the process is named by their prefix
	outbox *outbox.Outbox
	report *report.Reporter
	retry  *retry.Loop
	broke  func(error)

	mu    sync.Mutex
	held  bool
	row   []byte // that names the holder, as last seen; nil: there is none
	beat  []byte // as last seen
	beats int64
	seen  time.Time // when row or beat were seen to change, or were written by this process
}

type leaseRow struct {
	Holder string // "": nobody
	Term   int64
}

type beatRow struct {
	Holder string
	Beat   int64
}

// check returns the check that the lease is still the process's own.
func (l *Lease) check() brook.Check {
	l.mu.Lock()
	defer l.mu.Unlock()
	return brook.Check{Table: l.table, Key: leaseKey, Value: l.row}
}

// read reads both rows, nil for a row that does not exist.
func (l *Lease) read(ctx context.Context) (row, beat []byte, err error) {
	for _, r := range []struct {
		key []byte
		at  *[]byte
	}{{leaseKey, &row}, {beatKey, &beat}} {
		v, err := l.reader.Get(ctx, l.table, r.key)
		if errors.Is(err, brook.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		*r.at = bytes.Clone(v.Data.([]byte))
	}
	return row, beat, nil
}

// confirm reads the lease and reports whether the process still holds it. If it does not, the
// outbox leaves what is in it to others.
func (l *Lease) confirm(ctx context.Context) (bool, error) {
	row, _, err := l.read(ctx)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	held := l.held && bytes.Equal(row, l.row)
	l.mu.Unlock()
	if !held {
		l.lose()
	}
	return held, nil
}

// lose notes that another process has the lease.
func (l *Lease) lose() {
	l.mu.Lock()
	was := l.held
	l.held, l.seen = false, time.Now()
	l.mu.Unlock()
	l.outbox.Lease.Hold(false)
	if was {
		l.report.Warn("another process publishes now")
	}
}

// keep holds the lease, or waits for it, until ctx ends.
func (l *Lease) keep(ctx context.Context) {
	policy := l.retry.Policy
	policy.Min, policy.Max = min(policy.Min, lease.Beat), min(policy.Max, lease.Beat)
	backoff := retry.Backoff{Policy: policy, Report: l.report}
	defer backoff.Ended()
	ticker := time.NewTicker(lease.Beat)
	defer ticker.Stop()
	for {
		if err := l.renewOrTake(ctx); err != nil {
			if ctx.Err() != nil {
				return
			}
			l.broke(err)
			if backoff.Failed(ctx, brook.Failure{What: "lease", Err: err}) != nil {
				return
			}
			continue
		}
		backoff.Succeeded()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// renewOrTake renews the lease if the process holds it, and takes it if it is free.
func (l *Lease) renewOrTake(ctx context.Context) error {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if held {
		return l.renew(ctx)
	}
	row, beat, err := l.read(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if !bytes.Equal(row, l.row) || !bytes.Equal(beat, l.beat) || l.seen.IsZero() {
		l.row, l.beat, l.seen = row, beat, time.Now()
	}
	waited := time.Since(l.seen)
	l.mu.Unlock()
	var last leaseRow
	if row != nil {
		if err := json.Unmarshal(row, &last); err != nil {
			return fmt.Errorf("brook: the stored lease is damaged: %w: %w", err, brook.ErrPermanent)
		}
	}
	// The process finds itself in the row if the answer of an earlier commit was lost.
	others := last.Holder != "" && last.Holder != l.ids.Prefix
	if others && waited < lease.Time {
		return nil
	}
	return l.take(ctx, last.Term+1, row, beat)
}

// renew writes a beat.
func (l *Lease) renew(ctx context.Context) error {
	l.mu.Lock()
	l.beats++
	beat := mustJSON(beatRow{l.ids.Prefix, l.beats})
	row := l.row
	l.mu.Unlock()
	err := l.store.Commit(ctx, &brook.Batch{
		ID:     l.ids.Batch(),
		Writes: []brook.Write{{Table: l.table, Key: beatKey, Value: beat}},
		Checks: []brook.Check{{Table: l.table, Key: leaseKey, Value: row}},
	})
	if errors.Is(err, brook.ErrConflict) {
		l.lose()
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.beat, l.seen = beat, time.Now()
	}
	return err
}

// take takes the lease if its rows are still as they were read.
func (l *Lease) take(ctx context.Context, term int64, row, beat []byte) error {
	next := mustJSON(leaseRow{l.ids.Prefix, term})
	first := mustJSON(beatRow{l.ids.Prefix, 0})
	err := l.store.Commit(ctx, &brook.Batch{
		ID: l.ids.Batch(),
		Writes: []brook.Write{
			{Table: l.table, Key: leaseKey, Value: next},
			{Table: l.table, Key: beatKey, Value: first},
		},
		Checks: []brook.Check{
			{Table: l.table, Key: leaseKey, Value: row},
			{Table: l.table, Key: beatKey, Value: beat},
		},
	})
	if errors.Is(err, brook.ErrConflict) {
		return nil // another process was faster, or the holder is still there
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.held, l.row, l.beat, l.seen = true, next, first, time.Now()
	l.mu.Unlock()
	l.outbox.Lease.Hold(true)
	return nil
}

// Leave returns the lease if the process holds it, so that the next one need not wait. No call of
// another method is under way.
func (l *Lease) Leave(ctx context.Context) {
	l.mu.Lock()
	held, row := l.held, l.row
	l.held, l.seen = false, time.Time{}
	l.mu.Unlock()
	l.outbox.Lease.Hold(false)
	if !held {
		return
	}
	var last leaseRow
	_ = json.Unmarshal(row, &last) // it was written by this process
	free := mustJSON(leaseRow{"", last.Term})
	err := l.store.Commit(ctx, &brook.Batch{
		ID:     l.ids.Batch(),
		Writes: []brook.Write{{Table: l.table, Key: leaseKey, Value: free}},
		Checks: []brook.Check{{Table: l.table, Key: leaseKey, Value: row}},
	})
	if err != nil && !errors.Is(err, brook.ErrConflict) && ctx.Err() == nil {
		// The lease runs out by itself.
		l.report.Failure(brook.Failure{What: "lease", Attempts: 1, Err: err, Final: true})
	}
}

// Await waits until the process holds the lease or it is certain that another one does. CatchUp,
// which starts no goroutine, calls it.
func (l *Lease) Await(ctx context.Context) error {
	started := time.Now()
	var last []byte
	for {
		if err := l.renewOrTake(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		held, beat := l.held, l.beat
		l.mu.Unlock()
		others := last != nil && !bytes.Equal(beat, last)
		if held || others || time.Since(started) > 2*lease.Time {
			return nil
		}
		last = append([]byte{}, beat...)
		if err := retry.Sleep(ctx, lease.Beat/4); err != nil {
			return err
		}
	}
}

// RenewIfDue renews the lease if the process holds it and the last beat is old. CatchUp, which
// starts no goroutine, calls it.
func (l *Lease) RenewIfDue(ctx context.Context) error {
	l.mu.Lock()
	due := l.held && time.Since(l.seen) >= lease.Beat
	l.mu.Unlock()
	if !due {
		return nil
	}
	return l.retry.Do(ctx, "lease", func() error { return l.renew(ctx) })
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	return b
}
