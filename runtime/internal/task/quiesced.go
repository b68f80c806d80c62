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
func (q *Quiesced) End() {
	if !q.over {
		q.over = true
		q.app.Lock.Unlock()
	}
}

// pause waits, and lets others have the gate meanwhile. Where it gives an error the rest may be over.
func (q *Quiesced) pause(ctx context.Context, d time.Duration) error {
	q.End()
	err := retry.Sleep(ctx, d)
	if lerr := q.app.Lock.Lock(ctx); lerr != nil {
		return lerr
	}
	q.over, q.Released = false, true
	return err
}

// retry is App.insist for what a lane does with the store. Between two tries nobody waits for the lane: a commit may be refused for
// as long as nobody drops something.
func (t *Task) retry(ctx context.Context, what string, do func() error) error {
	asked := t.set.Retry.Pending.Begin(what)
	defer t.set.Retry.Pending.End(asked)
	return t.set.Retry.DoPausing(ctx, what, asked, t.Pause, do)
}

// Pause waits between two tries of a commit.
func (t *Task) Pause(ctx context.Context, d time.Duration) error {
	switch {
	case t.Target.Visits() && len(t.Partitions) > 0:
		return t.stepOut(ctx, d)
	case t.Rest == nil:
		return retry.Sleep(ctx, d)
	case !t.Target.Visits():
		return t.Rest.pause(ctx, d)
	}
	s := t.set
	ctx, cancel := s.Catalog.WhileOpen(ctx)
	defer cancel()
	if !s.Catalog.Fenced() { // others' commits must not come between a commit whose outcome is not known and its repeat
		return catalog.Closing(ctx, retry.Sleep(ctx, d))
	}
	// The batch is committed as it is, or is a conflict. What lanes without feeds share is others' meanwhile.
	s.Emissions.Numbers = nil
	s.Exclusive = s.NewTask(t.Gen, t.Target)
	back := t.setAside()
	if err := t.Rest.pause(ctx, d); err != nil {
		return catalog.Closing(ctx, err)
	}
	if s.Ctx.Err() != nil { // Close had its turn meanwhile
		return brook.ErrClosed
	}
	back()
	return nil
}

// setAside takes what an uncommitted batch did to the waits back, for as long as it is others' turn.
func (t *Task) setAside() (back func()) {
	if t.aside == nil {
		return func() {}
	}
	return t.aside()
}

// stepOut leaves the gate between two tries of a commit. Where somebody took it meanwhile, and nobody but memory can tell whether the batch fits
// what he left behind, it is put back, unless it is committed.
func (t *Task) stepOut(ctx context.Context, d time.Duration) error {
	turns := t.set.Lock.Turns()
	t.withhold()
	var err error
	if t.Rest != nil { // it strays
		turns++ // its own
		if err = t.Rest.pause(ctx, d); t.Rest.over {
			return err
		}
	} else {
		t.Leave()
		err = retry.Sleep(ctx, d)
		if eerr := t.Enter(ctx); eerr != nil {
			return eerr
		}
	}
	if t.overtaken = t.overtaken || !t.set.Catalog.Fenced() && t.set.Lock.Turns() != turns; !t.overtaken {
		t.restore()
	} // else the letters may be dropped already: see recount
	return err
}

// withhold takes the batch's letters out of the waits, and restore puts them back.
func (t *Task) withhold() {
	if t.withheld {
		return
	}
	t.withheld = true
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) { blocked.Remove(letter) })
}

func (t *Task) restore() {
	t.withheld = false
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) {
		blocked.Add(letter, t.set.Config.OnFailure != brook.GoOn)
	})
}

// recount reads the waits of the feeds anew, after a commit that was stored and overtaken: what it put aside may have been redriven or dropped.
func (t *Task) recount(ctx context.Context) error {
	all, err := t.set.Letters.Blocked(ctx, t.Gen)
	if err != nil {
		return err
	}
	emits := map[*deadletter.Letter]bool{}
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		if letter.Stage != brook.StageEmit {
			continue
		}
		_, err := t.set.Reader.Get(ctx, t.Gen.Letters, letter.AppendKey(nil))
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return err
		}
		emits[letter] = err == nil
	}
	for _, p := range t.Partitions {
		now := all[p.ID]
		if now == nil {
			now = &deadletter.Blocked{}
		}
		p.Blocked.Replace(now)
	}
	t.eachLetter(func(blocked *deadletter.Blocked, letter *deadletter.Letter) {
		if emits[letter] {
			blocked.Add(letter, false)
		}
	})
	t.withheld = false
	return nil
}

func (t *Task) eachLetter(do func(*deadletter.Blocked, *deadletter.Letter)) {
	for i := range t.Batch.Letters {
		letter := &t.Batch.Letters[i]
		for _, p := range t.Partitions {
			if p.ID == partition.Of(letter.Position) {
				do(p.Blocked, letter)
			}
		}
	}
}

// stored reports whether the batch that moves the feeds on is committed.
func (t *Task) stored(ctx context.Context) (bool, error) {
	standings, err := t.set.Catalog.Standings(ctx, t.set.Reader, t.Gen)
	if err != nil {
		return false, err
	}
	for _, p := range t.Partitions {
		if p.Dirty() && string(standings[p.ID].Raw) != string(p.Staged()) {
			return false, nil
		}
	}
	return true, nil
}
