package task

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

// Quiesced is the time in which somebody has the gate, and so all lanes are at rest.
type Quiesced struct {
	app      *Set
	over     bool
	Released bool // it was others' meanwhile
}

// Quiesce takes the gate.
func (s *Set) Quiesce(ctx context.Context) (*Quiesced, error) {
	ctx, cancel := s.Catalog.WhileOpen(ctx)
	defer cancel()
	if err := s.Lock.Lock(ctx); err != nil {
		return nil, catalog.Closing(ctx, err)
	}
	return &Quiesced{app: s}, nil
}

// End gives the gate up.
func (r *Quiesced) End() {
	if !r.over {
		r.over = true
		r.app.Lock.Unlock()
	}
}

// pause waits, and lets others have the gate meanwhile. Where it gives an error the rest may be over.
func (r *Quiesced) pause(ctx context.Context, d time.Duration) error {
	r.End()
	err := retry.Sleep(ctx, d)
	if lerr := r.app.Lock.Lock(ctx); lerr != nil {
		return lerr
	}
	r.over, r.Released = false, true
	return err
}

// retry is App.insist for what a lane does with the store. Between two tries nobody waits for the lane: a commit may be refused for
// as long as nobody drops something.
func (l *Task) retry(ctx context.Context, what string, do func() error) error {
	asked := l.set.Retry.Pending.Begin(what)
	defer l.set.Retry.Pending.End(asked)
	return l.set.Retry.DoPausing(ctx, what, asked, l.Pause, do)
}

// Pause waits between two tries of a commit.
func (l *Task) Pause(ctx context.Context, d time.Duration) error {
	switch {
	case l.Target.Visits() && len(l.Partitions) > 0:
		return l.stepOut(ctx, d)
	case l.Rest == nil:
		return retry.Sleep(ctx, d)
	case !l.Target.Visits():
		return l.Rest.pause(ctx, d)
	}
	a := l.set
	ctx, cancel := a.Catalog.WhileOpen(ctx)
	defer cancel()
	if !a.Catalog.Fenced() { // others' commits must not come between a commit whose outcome is not known and its repeat
		return catalog.Closing(ctx, retry.Sleep(ctx, d))
	}
	// The batch is committed as it is, or is a conflict. What lanes without feeds share is others' meanwhile.
	a.Numbers = nil
	a.Exclusive = a.NewTask(l.Gen, l.Target)
	back := l.setAside()
	if err := l.Rest.pause(ctx, d); err != nil {
		return catalog.Closing(ctx, err)
	}
	if a.Ctx.Err() != nil { // Close had its turn meanwhile
		return brook.ErrClosed
	}
	back()
	return nil
}

// setAside takes what an uncommitted batch did to the waits back, for as long as it is others' turn.
func (l *Task) setAside() (back func()) {
	if l.aside == nil {
		return func() {}
	}
	return l.aside()
}

// stepOut leaves the gate between two tries of a commit. Where somebody took it meanwhile, and nobody but memory can tell whether the batch fits
// what he left behind, it is put back, unless it is committed.
func (l *Task) stepOut(ctx context.Context, d time.Duration) error {
	turns := l.set.Lock.Turns()
	l.withhold()
	var err error
	if l.Rest != nil { // it strays
		turns++ // its own
		if err = l.Rest.pause(ctx, d); l.Rest.over {
			return err
		}
	} else {
		l.Leave()
		err = retry.Sleep(ctx, d)
		if eerr := l.Enter(ctx); eerr != nil {
			return eerr
		}
	}
	if l.overtaken = l.overtaken || !l.set.Catalog.Fenced() && l.set.Lock.Turns() != turns; !l.overtaken {
		l.restore()
	} // else the letters may be dropped already: see recount
	return err
}

// withhold takes the batch's letters out of the waits, and restore puts them back.
func (l *Task) withhold() {
	if l.withheld {
		return
	}
	l.withheld = true
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) { w.Remove(letter) })
}

func (l *Task) restore() {
	l.withheld = false
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) {
		w.Add(letter, l.set.Config.OnFailure != brook.GoOn)
	})
}

// recount reads the waits of the feeds anew, after a commit that was stored and overtaken: what it put aside may have been redriven or dropped.
func (l *Task) recount(ctx context.Context) error {
	all, err := l.set.LoadBlocked(ctx, l.Gen)
	if err != nil {
		return err
	}
	emits := map[*deadletter.Letter]bool{}
	for i := range l.Batch.Letters {
		letter := &l.Batch.Letters[i]
		if letter.Stage != brook.StageEmit {
			continue
		}
		_, err := l.set.Reader.Get(ctx, l.Gen.Letters, letter.AppendKey(nil))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		emits[letter] = err == nil
	}
	for _, f := range l.Partitions {
		now := all[f.ID]
		if now == nil {
			now = &deadletter.Blocked{}
		}
		f.Blocked.Replace(now)
	}
	l.eachLetter(func(w *deadletter.Blocked, letter *deadletter.Letter) {
		if emits[letter] {
			w.Add(letter, false)
		}
	})
	l.withheld = false
	return nil
}

func (l *Task) eachLetter(do func(*deadletter.Blocked, *deadletter.Letter)) {
	for i := range l.Batch.Letters {
		letter := &l.Batch.Letters[i]
		for _, f := range l.Partitions {
			if f.ID == partition.Of(letter.Position) {
				do(f.Blocked, letter)
			}
		}
	}
}

// stored reports whether the batch that moves the feeds on is committed.
func (l *Task) stored(ctx context.Context) (bool, error) {
	standings, err := l.set.Catalog.Standings(ctx, l.set.Reader, l.Gen)
	if err != nil {
		return false, err
	}
	for _, f := range l.Partitions {
		if f.Dirty() && string(standings[f.ID].Raw) != string(f.Staged()) {
			return false, nil
		}
	}
	return true, nil
}
