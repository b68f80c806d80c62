package brookhttp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// decisionTimeout is how long a rebuild waits for somebody to look at its differences. Meanwhile
// the rebuilt views lie beside the live ones.
const decisionTimeout = time.Hour

var (
	errKeep    = errors.New("somebody decided to keep the live views")
	errNoWord  = errors.New("nobody decided within an hour: the live views are kept")
	errBusy    = problem{http.StatusConflict, "one that was started here is under way"}
	errNothing = problem{http.StatusConflict, "no rebuild waits for a decision"}
	errOver    = problem{http.StatusServiceUnavailable, "the inspector is closed"}
)

// builder runs the rebuilds and previews that are started on a page, one at a time, in a goroutine
// that close waits for.
type builder struct {
	app   App
	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	last     building
	decision chan error // what the review waits for; nil: it does not
}

// building is a rebuild or preview that was started on a page.
type building struct {
	Kind    string      `json:"kind"` // rebuild, preview; "": none was started here
	Running bool        `json:"running"`
	Asks    bool        `json:"asks"` // it waits for a decision
	Began   time.Time   `json:"began,omitzero"`
	Ended   time.Time   `json:"ended,omitzero"`
	Error   string      `json:"error,omitempty"`
	Diff    *brook.Diff `json:"-"` // nil: there is none yet
	// Collections is Diff as JSON.
	Collections []collectionDiff `json:"collections,omitempty"`
}

func newBuilder(app App) *builder {
	b := &builder{app: app}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// close ends what runs, and waits for it.
func (b *builder) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.stop()
	b.tasks.Wait()
}

// state returns what runs, or ran last.
func (b *builder) state() building {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.last
	if last.Diff != nil {
		last.Collections = diffOf(last.Diff)
	}
	return last
}

// preview starts a preview.
func (b *builder) preview() error {
	return b.start("preview", func(ctx context.Context) error {
		diff, err := b.app.Inspect().Preview(ctx)
		if err == nil {
			b.found(diff)
		}
		return err
	})
}

// rebuild starts a rebuild. If review is set, it waits for a decision before it promotes.
func (b *builder) rebuild(accept, review bool) error {
	var options []brook.RebuildOption
	if accept {
		options = append(options, brook.AcceptLetters())
	}
	if review {
		options = append(options, brook.Review(b.review))
	}
	return b.start("rebuild", func(ctx context.Context) error {
		return b.app.Inspect().Rebuild(ctx, options...)
	})
}

// start runs f in a goroutine.
func (b *builder) start(kind string, f func(context.Context) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errOver
	}
	if b.last.Running {
		return errBusy
	}
	b.last = building{Kind: kind, Running: true, Began: time.Now()}
	b.tasks.Go(func() {
		err := f(b.ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.last.Running, b.last.Asks, b.last.Ended = false, false, time.Now()
		if err != nil {
			b.last.Error = err.Error()
		}
	})
	return nil
}

// found keeps the differences.
func (b *builder) found(diff brook.Diff) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last.Diff = &diff
}

// review shows the differences and waits for a decision.
func (b *builder) review(diff brook.Diff) error {
	decision := make(chan error, 1)
	b.mu.Lock()
	b.last.Diff, b.last.Asks, b.decision = &diff, true, decision
	b.mu.Unlock()
	timer := time.NewTimer(decisionTimeout)
	defer timer.Stop()
	var err error
	select {
	case err = <-decision:
	case <-timer.C:
		err = errNoWord
	case <-b.ctx.Done():
		err = b.ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last.Asks, b.decision = false, nil
	return err
}

// decide has the rebuild that waits promote what it made, or keep the live views.
func (b *builder) decide(promote bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.decision == nil {
		return errNothing
	}
	var err error
	if !promote {
		err = errKeep
	}
	b.decision <- err // it has room for one, and there is one: the channel is forgotten here
	b.decision, b.last.Asks = nil, false
	return nil
}
