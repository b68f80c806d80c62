package engine

import (
	"context"
	"errors"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// rest is the time in which somebody has the gate, and so all lanes are at rest.
type rest struct {
	app      *tasks
	over     bool
	released bool // it was others' meanwhile
}

// rest takes the gate.
func (s *tasks) rest(ctx context.Context) (*rest, error) {
	ctx, cancel := s.catalog.WhileOpen(ctx)
	defer cancel()
	if err := s.gate.Lock(ctx); err != nil {
		return nil, catalog.Closing(ctx, err)
	}
	return &rest{app: s}, nil
}

// untilClosed returns a context that ends with ctx, and Config.ShutdownTimeout after the app closed:
// what is in flight may go on that long.
func (a *App) untilClosed(ctx context.Context) (context.Context, func()) {
	return a.catalog.Until(ctx, a.config.ShutdownTimeout)
}

// end gives the gate up.
func (r *rest) end() {
	if !r.over {
		r.over = true
		r.app.gate.Unlock()
	}
}

// pause waits, and lets others have the gate meanwhile. Where it gives an error the rest may be over.
func (r *rest) pause(ctx context.Context, d time.Duration) error {
	r.end()
	err := retry.Sleep(ctx, d)
	if lerr := r.app.gate.Lock(ctx); lerr != nil {
		return lerr
	}
	r.over, r.released = false, true
	return err
}

// insist is App.insist for what a lane does with the store. Between two tries nobody waits for the lane: a commit may be refused for
// as long as nobody drops something.
func (l *lane) insist(ctx context.Context, what string, do func() error) error {
	asked := l.app.retry.Pending.Begin(what)
	defer l.app.retry.Pending.End(asked)
	return l.app.retry.DoPausing(ctx, what, asked, l.pause, do)
}

// pause waits between two tries of a commit.
func (l *lane) pause(ctx context.Context, d time.Duration) error {
	switch {
	case l.target.visits() && len(l.feeds) > 0:
		return l.stepOut(ctx, d)
	case l.rest == nil:
		return retry.Sleep(ctx, d)
	case !l.target.visits():
		return l.rest.pause(ctx, d)
	}
	a := l.app
	ctx, cancel := a.catalog.WhileOpen(ctx)
	defer cancel()
	if !a.catalog.Fenced() { // others' commits must not come between a commit whose outcome is not known and its repeat
		return catalog.Closing(ctx, retry.Sleep(ctx, d))
	}
	// The batch is committed as it is, or is a conflict. What lanes without feeds share is others' meanwhile.
	a.numbers = nil
	a.solo = a.newLane(l.gen, l.target)
	back := l.setAside()
	if err := l.rest.pause(ctx, d); err != nil {
		return catalog.Closing(ctx, err)
	}
	if a.ctx.Err() != nil { // Close had its turn meanwhile
		return brook.ErrClosed
	}
	back()
	return nil
}

// setAside takes what an uncommitted batch did to the waits back, for as long as it is others' turn.
func (l *lane) setAside() (back func()) {
	if l.aside == nil {
		return func() {}
	}
	return l.aside()
}

// stepOut leaves the gate between two tries of a commit. Where somebody took it meanwhile, and nobody but memory can tell whether the batch fits
// what he left behind, it is put back, unless it is committed.
func (l *lane) stepOut(ctx context.Context, d time.Duration) error {
	turns := l.app.gate.Turns()
	l.withhold()
	var err error
	if l.rest != nil { // it strays
		turns++ // its own
		if err = l.rest.pause(ctx, d); l.rest.over {
			return err
		}
	} else {
		l.leave()
		err = retry.Sleep(ctx, d)
		if eerr := l.enter(ctx); eerr != nil {
			return eerr
		}
	}
	if l.overtaken = l.overtaken || !l.app.catalog.Fenced() && l.app.gate.Turns() != turns; !l.overtaken {
		l.restore()
	} // else the letters may be dropped already: see recount
	return err
}

// withhold takes the batch's letters out of the waits, and restore puts them back.
func (l *lane) withhold() {
	if l.withheld {
		return
	}
	l.withheld = true
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) { w.Remove(letter) })
}

func (l *lane) restore() {
	l.withheld = false
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) {
		w.Add(letter, l.app.config.OnFailure != brook.GoOn)
	})
}

// recount reads the waits of the feeds anew, after a commit that was stored and overtaken: what it put aside may have been redriven or dropped.
func (l *lane) recount(ctx context.Context) error {
	all, err := l.app.loadWaits(ctx, l.gen)
	if err != nil {
		return err
	}
	emits := map[*deadletter.Letter]bool{}
	for i := range l.batch.letters {
		letter := &l.batch.letters[i]
		if letter.Stage != brook.StageEmit {
			continue
		}
		_, err := l.app.reader.Get(ctx, l.gen.Letters, letter.AppendKey(nil))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		emits[letter] = err == nil
	}
	for _, f := range l.feeds {
		now := all[f.ID]
		if now == nil {
			now = &deadletter.Blocked{}
		}
		f.waits.Replace(now)
	}
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) {
		if emits[letter] {
			w.Add(letter, false)
		}
	})
	l.withheld = false
	return nil
}

func (l *lane) eachLetter(do func(*deadletter.Blocked, *deadletter.Letter)) {
	for i := range l.batch.letters {
		letter := &l.batch.letters[i]
		for _, f := range l.feeds {
			if f.ID == partition.Of(letter.Position) {
				do(f.waits, letter)
			}
		}
	}
}

// stored reports whether the batch that moves the feeds on is committed.
func (l *lane) stored(ctx context.Context) (bool, error) {
	standings, err := l.app.catalog.Standings(ctx, l.app.reader, l.gen)
	if err != nil {
		return false, err
	}
	for _, f := range l.feeds {
		if f.Dirty() && string(standings[f.ID].Raw) != string(f.Staged()) {
			return false, nil
		}
	}
	return true, nil
}
