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
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

var (
	leaseKey = []byte("lease")
	beatKey  = []byte("beat")
)

// lease is what a process knows of the lease.
type lease struct {
	mu    sync.Mutex
	held  bool
	row   []byte // that names the holder, as last seen; nil: there is none
	beat  []byte
	beats int64
	seen  time.Time // when row and beat were last others than before, or this process's own
}

type leaseRow struct {
	Holder string // "": nobody
	Term   int64
}

type beatRow struct {
	Holder string
	Beat   int64
}

// check makes sure that the lease is still the process's own.
func (l *lease) check(t brook.Table) brook.Check {
	l.mu.Lock()
	defer l.mu.Unlock()
	return brook.Check{Table: t, Key: leaseKey, Value: l.row}
}

// read reads both rows.
func (l *lease) read(ctx context.Context, p *Publisher) (row, beat []byte, err error) {
	for _, r := range []struct {
		key []byte
		at  *[]byte
	}{{leaseKey, &row}, {beatKey, &beat}} {
		v, err := p.Reader.Get(ctx, p.Sending, r.key)
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

// still reports whether the process holds the lease yet, and gives it up where it does not.
func (l *lease) still(ctx context.Context, p *Publisher) (bool, error) {
	row, _, err := l.read(ctx, p)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	held := l.held && bytes.Equal(row, l.row)
	l.mu.Unlock()
	if !held {
		l.lose(p)
	}
	return held, nil
}

func (l *lease) lose(p *Publisher) {
	l.mu.Lock()
	was := l.held
	l.held, l.seen = false, time.Now()
	l.mu.Unlock()
	p.Outbox.Lease(false)
	if was {
		p.Report.Warn("another process publishes now")
	}
}

// keep holds the lease, or waits for it, until ctx ends; then it leaves it to others.
func (l *lease) keep(ctx context.Context, p *Publisher) {
	ticker := time.NewTicker(outbox.LeaseBeat)
	defer ticker.Stop()
	for failures := 0; ; {
		if err := l.turn(ctx, p); err != nil && ctx.Err() == nil {
			failures++
			p.Report.Failure(brook.Failure{What: "lease", Attempts: failures, Err: err})
			p.On.Broke(err)
		} else if failures > 0 && err == nil {
			p.Report.Recovered("lease", failures, brook.Position{})
			failures = 0
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// turn renews the lease, or takes it where it is free.
func (l *lease) turn(ctx context.Context, p *Publisher) error {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if held {
		return l.renew(ctx, p)
	}
	row, beat, err := l.read(ctx, p)
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
	if last.Holder != "" && waited < outbox.LeaseTime {
		return nil
	}
	return l.acquire(ctx, p, last.Term+1, row, beat)
}

// renew writes a beat.
func (l *lease) renew(ctx context.Context, p *Publisher) error {
	l.mu.Lock()
	l.beats++
	beat := mustJSON(beatRow{p.Ids.Prefix, l.beats})
	row := l.row
	l.mu.Unlock()
	err := p.Store.Commit(ctx, &brook.Batch{ID: p.Ids.Batch(), Writes: []brook.Write{{Table: p.Sending, Key: beatKey, Value: beat}},
		Checks: []brook.Check{{Table: p.Sending, Key: leaseKey, Value: row}}})
	if errors.Is(err, brook.ErrConflict) {
		l.lose(p)
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.beat, l.seen = beat, time.Now()
	}
	return err
}

// acquire takes the lease from what the rows say of it.
func (l *lease) acquire(ctx context.Context, p *Publisher, term int64, row, beat []byte) error {
	next := mustJSON(leaseRow{p.Ids.Prefix, term})
	first := mustJSON(beatRow{p.Ids.Prefix, 0})
	err := p.Store.Commit(ctx, &brook.Batch{ID: p.Ids.Batch(), Writes: []brook.Write{{Table: p.Sending, Key: leaseKey, Value: next}, {Table: p.Sending, Key: beatKey, Value: first}},
		Checks: []brook.Check{{Table: p.Sending, Key: leaseKey, Value: row}, {Table: p.Sending, Key: beatKey, Value: beat}}})
	if errors.Is(err, brook.ErrConflict) {
		return nil // another process was faster, or the holder is still there
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.held, l.row, l.beat, l.seen = true, next, first, time.Now()
	l.mu.Unlock()
	p.Outbox.Lease(true)
	return nil
}

// Leave gives the lease back, so that the next one need not wait.
func (l *lease) Leave(ctx context.Context, p *Publisher) {
	l.mu.Lock()
	held, row := l.held, l.row
	l.held, l.seen = false, time.Time{}
	l.mu.Unlock()
	p.Outbox.Lease(false)
	if !held {
		return
	}
	var last leaseRow
	_ = json.Unmarshal(row, &last) // it was written by this process
	err := p.Store.Commit(ctx, &brook.Batch{ID: p.Ids.Batch(), Writes: []brook.Write{{Table: p.Sending, Key: leaseKey, Value: mustJSON(leaseRow{"", last.Term})}},
		Checks: []brook.Check{{Table: p.Sending, Key: leaseKey, Value: row}}})
	if err != nil && !errors.Is(err, brook.ErrConflict) && ctx.Err() == nil {
		p.Report.Failure(brook.Failure{What: "lease", Attempts: 1, Err: err, Final: true}) // it runs out
	}
}

// Begin makes the app one that publishes by a lease, where its store is shared and there may be anything to publish. It reports whether it is.
func (l *lease) Begin(ctx context.Context, p *Publisher) (bool, error) {
	if !p.Catalog.Fenced() {
		return false, nil
	}
	acts := p.Code.Acts()
	err := p.Retry.Do(ctx, "read", func() error {
		for _, err := range p.Reader.Scan(ctx, p.OutboxTable, nil, nil) {
			if acts = acts || err == nil; err != nil || acts {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if acts {
		p.Outbox.LeaseOnly(p.Config.Group)
	}
	return acts, nil
}

// Wait waits until the lease is the app's, or it is certain that somebody else has it: for CatchUp, which starts no goroutine.
func (l *lease) Wait(ctx context.Context, p *Publisher) error {
	started := time.Now()
	var last []byte
	for {
		if err := l.turn(ctx, p); err != nil {
			return err
		}
		l.mu.Lock()
		held, beat := l.held, l.beat
		l.mu.Unlock()
		if held || last != nil && !bytes.Equal(beat, last) || time.Since(started) > 2*outbox.LeaseTime {
			return nil
		}
		last = append([]byte{}, beat...)
		if err := retry.Sleep(ctx, outbox.LeaseBeat/4); err != nil {
			return err
		}
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	return b
}

// KeepLease has the lease held, or waited for, until the function that it returns is called. What is in flight may take until finish ends.
func (p *Publisher) KeepLease(stop, finish context.Context) (leave func(), err error) {
	on, err := p.Lease.Begin(stop, p)
	if err != nil || !on {
		return func() {}, err
	}
	ctx, cancel := context.WithCancel(finish)
	var work sync.WaitGroup
	work.Go(func() { p.Lease.keep(ctx, p) })
	return func() {
		cancel()
		work.Wait()
		p.Lease.Leave(finish, p)
	}, nil
}

// Due renews the lease where that is due.
func (l *lease) Due(ctx context.Context, p *Publisher) error {
	l.mu.Lock()
	due := l.held && time.Since(l.seen) >= outbox.LeaseBeat
	l.mu.Unlock()
	if !due {
		return nil
	}
	return p.Retry.Do(ctx, "lease", func() error { return l.renew(ctx, p) })
}
