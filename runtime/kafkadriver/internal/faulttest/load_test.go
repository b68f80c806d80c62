package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// What a load consists of. The last account of a writer is the one whose moves fail.
const (
	writers     = 3
	perWriter   = 40
	perCall     = 10
	waitsAfter  = 8 // calls: publishing is not to run away from folding
	failsOneOf  = 100
	rarelyOneOf = 300
)

// A load publishes moves of accounts, each of which has one writer: the moves of an account are
// numbered, so that one that is missing, doubled or out of order shows.
type load struct {
	t    *testing.T
	app  *ledger.App
	runs bool
	ctx  context.Context

	wg    sync.WaitGroup
	halt  chan struct{}
	turns chan struct{} // a call each; closed: as many as can be

	mu      sync.Mutex
	halted  bool
	moves   map[string]int64 // by account: how many were published
	emits   map[string]int   // by account: of these, how many are to be emitted
	total   int64
	err     error
	changed chan struct{} // closed and replaced at every change
}

// begin starts to publish through an app that runs, which waits for its own writes now and then.
func begin(t *testing.T, ctx context.Context, app *ledger.App) *load {
	l := newLoad(t, ctx, app)
	l.runs = true
	close(l.turns)
	l.start()
	return l
}

// paced returns a load that publishes through an app as much as give demands.
func paced(t *testing.T, ctx context.Context, app *ledger.App) *load {
	l := newLoad(t, ctx, app)
	l.start()
	return l
}

func newLoad(t *testing.T, ctx context.Context, app *ledger.App) *load {
	return &load{t: t, app: app, ctx: ctx, halt: make(chan struct{}), turns: make(chan struct{}),
		moves: map[string]int64{}, emits: map[string]int{}, changed: make(chan struct{})}
}

func (l *load) start() {
	seed := rand.Uint64()
	l.t.Logf("seed %d", seed)
	for w := range writers {
		l.wg.Go(func() {
			if err := l.write(w, rand.New(rand.NewPCG(seed, uint64(w)))); err != nil {
				l.note(func() { l.err = errors.Join(l.err, err) })
			}
		})
	}
	l.t.Cleanup(l.stop)
}

// give has so many calls made, and waits until all but the last few are done.
func (l *load) give(calls int) {
	l.t.Helper()
	for range calls {
		select {
		case l.turns <- struct{}{}:
		case <-l.ctx.Done():
			l.t.Fatalf("nobody publishes: %v", l.err)
		}
	}
}

func (l *load) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *load) write(writer int, rnd *rand.Rand) error {
	account := func(n int) string { return fmt.Sprintf("%d-%d", writer, n) }
	moves := make([]int64, perWriter)
	for call := 0; ; call++ {
		select {
		case <-l.halt:
			return nil
		case <-l.turns:
		}
		select {
		case <-l.halt:
			return nil
		default:
		}
		var events []brook.Outgoing
		emits := map[string]int{}
		for n := range perWriter {
			if call == 0 || rnd.IntN(rarelyOneOf) == 0 {
				events = append(events, brook.Emit(ledger.Opened{Account: account(n),
					Email: fmt.Sprint(rnd.IntN(4)), Tags: []string{account(n)}}))
			}
		}
		before := slices.Clone(moves)
		for range perCall {
			n := rnd.IntN(perWriter - 1)
			order := []string{"", "", "", "emit", "quiet"}[rnd.IntN(5)]
			if rnd.IntN(failsOneOf) == 0 {
				n, order = perWriter-1, "fail"
			}
			moves[n]++
			if order == "emit" {
				emits[account(n)]++
			}
			events = append(events, brook.Emit(ledger.Moved{Account: account(n), Cents: moves[n],
				Order: order}))
		}
		pos, err := l.app.PublishAll(l.ctx, slices.Values(events))
		if err != nil {
			return fmt.Errorf("writer %d: %w", writer, err)
		}
		l.note(func() {
			l.total += perCall
			for n := range moves {
				if moves[n] > before[n] {
					l.moves[account(n)] = moves[n]
				}
			}
			for a, n := range emits {
				l.emits[a] += n
			}
		})
		if l.runs && call%waitsAfter == 0 {
			if err := l.app.WaitFor(l.ctx, pos); err != nil &&
				!errors.Is(err, brook.ErrDeadLetter) {
				return fmt.Errorf("writer %d: %w", writer, err)
			}
		}
	}
}

// more waits until so many further moves are published.
func (l *load) more(n int64) {
	l.t.Helper()
	l.mu.Lock()
	until := l.total + n
	l.mu.Unlock()
	for {
		l.mu.Lock()
		total, err, changed := l.total, l.err, l.changed
		l.mu.Unlock()
		switch {
		case err != nil:
			l.t.Fatal(err)
		case total >= until:
			return
		}
		select {
		case <-changed:
		case <-l.ctx.Done():
			l.t.Fatalf("%d moves were published, want %d: %v", total, until, l.ctx.Err())
		}
	}
}

// stop ends the load.
func (l *load) stop() {
	l.t.Helper()
	l.mu.Lock()
	halted := l.halted
	if !halted {
		l.halted = true
		close(l.halt)
	}
	l.mu.Unlock()
	l.wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil && !halted {
		l.t.Errorf("the load: %v", l.err)
	}
	if !halted {
		l.t.Logf("%d moves were published", l.total)
	}
}

// check wants the log to have the load's moves once each, in order, and each of their
// emissions noted once.
func (l *load) check(all []record, views apptest.Observed) {
	l.t.Helper()
	got := map[string]int64{}
	for _, r := range all {
		if m, ok := r.move(l.t); ok {
			if got[m.Account]++; m.Cents != got[m.Account] {
				l.t.Errorf("%s/%d: move %d of account %s, want %d", r.Topic, r.Partition, m.Cents,
					m.Account, got[m.Account])
			}
		}
	}
	if !maps.Equal(got, l.moves) {
		l.t.Errorf("the log has moves %v, and published were %v", got, l.moves)
	}
	if noted := noted(views.Notes); !maps.Equal(noted, l.emits) {
		l.t.Errorf("emissions noted\n got %v\nwant %v", noted, l.emits)
	}
	if len(views.Letters) == 0 || len(views.Accounts) == 0 || len(l.emits) == 0 {
		l.t.Errorf("a dull story: %.2000v", views)
	}
}

// noted counts the emissions that were folded, by account.
func noted(notes map[string]ledger.Note) map[string]int {
	count := map[string]int{}
	for account, note := range notes {
		for _, text := range note {
			if strings.HasPrefix(text, "noted: ") {
				count[account]++
			}
		}
	}
	return count
}
