package catalog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/retry"
)

// insistResting does something with the gate taken, and again where the store refuses its commit; the gate is others' between two tries.
func (c *Catalog) insistResting(ctx context.Context, do func() error) error {
	var over error
	err := c.retry.Do(ctx, "commit", func() error {
		if err := c.Gate.Lock(ctx); err != nil {
			return err
		}
		defer c.Gate.Unlock()
		over = do()
		if errors.As(over, &retry.Refusal{}) {
			return over
		}
		return nil
	})
	return cmp.Or(err, over)
}

// layoutVersion is that of what an app keeps in its store: see Layout in ARCHITECTURE.md.
const layoutVersion = 3

// State is what the store knows of the app as a whole; it is one row, written by updateState alone.
type State struct {
	Layout     int
	Generation int   // the live one
	Building   int   // one that was not finished, 0: none
	Highest    int   `json:",omitempty"` // the highest number that one was built under
	Dropped    []int // those that may have left rows behind

	// Folds is the contract of the code that folds into the live generation; "" where nobody did yet. It changes in the first commit
	// of code with another one, so that commits of the others fail from then on.
	Folds string `json:",omitempty"`
	// Made says what the rows of the live generation are made from.
	Made map[string]plan.Origin `json:",omitempty"`
	// Former says what the sets are called now that had other names when letters were made, by event type and name.
	Former map[string]string `json:",omitempty"`
	// Mixed: code that makes rows from something else than Made says has folded into the live generation too.
	Mixed bool `json:",omitempty"`
	// Kept are the indexes that who folds keeps up, by collection, field and the shape of its values.
	Kept map[string]KeptIndex `json:",omitempty"`
	// Serial counts tables of indexes that came later than their generation.
	Serial int `json:",omitempty"`
	// Fingerprint and Indexes are what layout 2 had in the place of these.
	Fingerprint, Indexes []string `json:",omitempty"`

	// Replaced says when those of Dropped that were live ceased to be, as the process saw it that replaced them.
	Replaced map[int]time.Time `json:",omitempty"`
	// Tables names those of rows and indexes that a generation may have rows in: the code that drops it may not know them any more.
	Tables map[int][]string
	// Promoting is set where a process is about to promote what it built, and asks the others to let it.
	Promoting *promotion `json:",omitempty"`
	// Stamp tells who wrote the row: whose answer was lost finds out that the commit was done.
	Stamp string `json:",omitempty"`

	raw []byte // as stored; nil: it is not stored yet
}

// KeptIndex is an index of the live generation.
type KeptIndex struct {
	Table string // in the generation
	Whole bool   // it has the entries of all rows; else it is being filled
	Once  bool   // no two rows were found under one value, since the field is unique
}

var StateKey = []byte("state")

// ErrUnchanged is returned by a change of the state that finds nothing to change.
var ErrUnchanged = errors.New("brook: the state stays as it is")

// clone copies a state, for a change to work on.
func (s *State) clone() State {
	next := *s
	next.Dropped = slices.Clone(s.Dropped)
	if next.Replaced = maps.Clone(s.Replaced); next.Replaced == nil {
		next.Replaced = map[int]time.Time{}
	}
	if next.Kept = maps.Clone(s.Kept); next.Kept == nil {
		next.Kept = map[string]KeptIndex{}
	}
	if next.Tables = maps.Clone(s.Tables); next.Tables == nil {
		next.Tables = map[int][]string{}
	}
	return next
}

// ReadState reads what the store knows of the app; ErrNotFound where the store is new.
func (c *Catalog) ReadState(ctx context.Context) (State, error) {
	v, err := c.Reader.Get(ctx, c.Meta, StateKey)
	if err != nil {
		return State{}, err
	}
	return c.decodeState(v)
}

func (c *Catalog) decodeState(v brook.Value) (s State, err error) {
	raw := v.Data.([]byte)
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("brook: %s: the state in the store is damaged: %w: %w", c.config.Name, err, brook.ErrPermanent)
	}
	if s.Layout > layoutVersion {
		return s, fmt.Errorf("brook: %s: the store has layout %d, and this runtime knows layouts up to %d: use the brook version that wrote it, or a newer one", c.config.Name, s.Layout, layoutVersion)
	}
	s.raw = bytes.Clone(raw)
	s.upgrade()
	return s, nil
}

// Unchanged checks that nobody else changed the state.
func (c *Catalog) Unchanged() brook.Check {
	return brook.Check{Table: c.Meta, Key: StateKey, Value: c.State.raw}
}

// Update changes the state, and is the only way to do it: change gets a copy, and what it makes of that is committed, together with
// what extra holds (nil: nothing), unless another process changed the row meanwhile. Then that row is adopted and change called again, so it may
// run more than once; its error ends it all, and [errAsIs] without a commit and without an error. [ErrConflict] says that the row is as it
// was, and that a check of extra does not hold. A store that fails is tried again until ctx ends, but in NewApp. The caller does not hold the gate.
func (c *Catalog) Update(ctx context.Context, change func(next *State) error, extra *brook.Batch) error {
	if c.Live.Load() == nil {
		return c.tryState(ctx, change, extra)
	}
	return c.insistResting(ctx, func() error { return c.UpdateResting(ctx, change, extra) })
}

// tryState is updateState for who rather hears of a store that fails.
func (c *Catalog) tryState(ctx context.Context, change func(next *State) error, extra *brook.Batch) error {
	if err := c.Gate.Lock(ctx); err != nil {
		return err
	}
	defer c.Gate.Unlock()
	return c.UpdateResting(ctx, change, extra)
}

// UpdateResting is updateState for who holds the gate for writing. It tries once: what may succeed when it is tried again is a [refusal].
func (c *Catalog) UpdateResting(ctx context.Context, change func(next *State) error, extra *brook.Batch) error {
	for {
		w, err := c.changeState(change)
		if errors.Is(err, ErrUnchanged) {
			return nil
		}
		if err != nil {
			return err
		}
		batch := &brook.Batch{ID: w.id, Writes: []brook.Write{w.write}, Checks: []brook.Check{w.check}}
		if extra != nil {
			batch.Writes = append(batch.Writes, extra.Writes...)
			batch.Checks = append(batch.Checks, extra.Checks...)
		}
		err = c.Store.Commit(ctx, batch)
		if err == nil {
			w.adopt()
			return nil
		}
		if errors.Is(err, brook.ErrTooLarge) || errors.Is(err, brook.ErrPermanent) {
			return err
		}
		was := c.State.raw
		stored, rerr := c.stateAfter(ctx)
		switch {
		case rerr != nil && was == nil && errors.Is(rerr, brook.ErrNotFound):
			return retry.Refused(err) // the store is new still
		case rerr != nil && errors.Is(err, brook.ErrConflict):
			return retry.Refused(rerr)
		case rerr != nil:
			return retry.Refused(errors.Join(err, rerr))
		case stored.Stamp == w.next.Stamp: // only the answer was lost
			w.adopt()
			return nil
		case bytes.Equal(stored.raw, was) || ctx.Err() != nil:
			return retry.Refused(err)
		case c.Live.Load() == nil:
			c.State = stored // NewApp has yet to open what it names
		default:
			if err := c.reloadResting(ctx); err != nil {
				return err
			}
		}
	}
}

// stateAfter reads the state after a commit that gave an error, also where that was the end of ctx.
// Close waits for it, and for what abandon does after it.
func (c *Catalog) stateAfter(ctx context.Context) (State, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.ShutdownTimeout/2)
	defer cancel()
	return c.ReadState(ctx)
}

// stateWrite is a change of the state on its way to the store.
type stateWrite struct {
	id    brook.BatchID
	next  State
	write brook.Write
	check brook.Check
	adopt func() // once it is committed; the caller holds the gate still
}

// changeState makes what commits a change of the state, for updateState and for a commit that holds more of its own: that one begins anew after
// a conflict. The caller holds the gate for writing.
func (c *Catalog) changeState(change func(next *State) error) (*stateWrite, error) {
	w := &stateWrite{id: c.Ids.Batch(), next: c.State.clone(), check: c.Unchanged()}
	if err := change(&w.next); err != nil {
		return nil, err
	}
	w.next.Stamp = hex.EncodeToString(w.id[:])
	b, err := json.Marshal(&w.next)
	if err != nil {
		panic(err) // plain data
	}
	w.next.raw = b
	w.write = brook.Write{Table: c.Meta, Key: StateKey, Value: b}
	w.adopt = func() {
		c.State = w.next
		c.Fit()
	}
	return w, nil
}
