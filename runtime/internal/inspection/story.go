package inspection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/wire"
)

// defaultSteps is how many steps a story has if its caller does not say.
const defaultSteps = 100

// Story returns the row at a key with the events that made it.
func (x *Inspection) Story(
	ctx context.Context, collection, key string, limit int,
) (story inspect.Story, err error) {
	if limit < 0 {
		return story, fmt.Errorf("%w: a limit of %d", inspect.ErrMistaken, limit)
	}
	if limit == 0 {
		limit = defaultSteps
	}
	err = x.read(ctx, func(c *call) error {
		t, err := c.teller(collection, key, min(limit, inspect.MaxLimit))
		if err == nil {
			err = t.run()
		}
		if err == nil {
			story = t.story
		}
		return err
	})
	return story, err
}

// teller finds out how a row came to be what it is.
type teller struct {
	*collection
	limit  int // of steps
	place  place
	stored version // the row
	value  any     // the row as handlers see it; nil: the code can't read it
	pasts  []*past // of the rows that are followed; the first one is of the row
	passed map[place]bool
	story  inspect.Story
	size   int // bytes of the steps
	failed error
}

func (c *call) teller(collection, key string, limit int) (*teller, error) {
	row, err := c.readRow(collection, key)
	if err != nil {
		return nil, err
	}
	at, err := c.open(collection)
	if err != nil {
		return nil, err
	}
	encoded, err := parseKey(at.info.Shape, key)
	if err != nil {
		return nil, err
	}
	slot := c.set.Code.Layout.Rows[at.ord]
	t := &teller{
		collection: at, limit: limit, place: place{slot, string(encoded)}, passed: map[place]bool{},
		story: inspect.Story{Row: row, Steps: []inspect.Step{}},
	}
	if row.Unreadable != "" {
		return t, nil
	}
	v, err := c.reader.Get(c.ctx, c.gen.Tables[slot], encoded)
	switch {
	case errors.Is(err, brook.ErrUnreadable):
	case err != nil:
		return nil, err
	case at.def.Misfit(v.Data) == nil:
		if t.value, err = at.def.Copied(v.Data, nil); err != nil {
			return nil, err
		}
		t.stored = t.now(t.value)
	}
	return t, nil
}

// now returns a value of the collection that handlers made; nil: there is no row.
func (t *teller) now(v any) version {
	if v == nil {
		return version{}
	}
	now, _, err := t.version(brook.Value{Data: v})
	t.failed = errors.Join(t.failed, err)
	return now
}

// run tells the story.
func (t *teller) run() error {
	if !t.info.History {
		return nil
	}
	own, err := t.past(t.ord, []byte(t.place.key))
	if err != nil {
		return err
	}
	t.pasts = []*past{own}
	t.story.Whole = own.whole
	for range maxRounds {
		asked, err := t.play()
		if err != nil {
			return err
		}
		more, err := t.follow(asked)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return t.ctx.Err()
}

// follow makes the next play follow rows as well that the last one asked for, as far as their
// histories say what they were. It reports whether there are any.
func (t *teller) follow(asked map[place]bool) (more bool, err error) {
	events := 0
	for _, p := range t.pasts {
		events += len(p.entries)
	}
	for at := range asked {
		if t.passed[at] || len(t.pasts) == maxRows {
			continue
		}
		t.passed[at] = true
		ord := t.ordinal(at.slot)
		if ord < 0 || !t.set.Code.Layout.Collections[ord].History {
			continue
		}
		p, err := t.past(ord, []byte(at.key))
		if err != nil {
			return false, err
		}
		if !p.whole || events+len(p.entries) > maxEvents {
			continue
		}
		events += len(p.entries)
		t.pasts = append(t.pasts, p)
		more = true
	}
	return more, nil
}

// ordinal returns the number of the collection whose rows have a slot, -1 if there is none.
func (c *call) ordinal(slot int) int { return slices.Index(c.set.Code.Layout.Rows, slot) }

// play calls the handlers of all events again, makes the steps of these, and returns which rows
// they asked for that it does not follow.
func (t *teller) play() (asked map[place]bool, err error) {
	t.story.Steps, t.story.Earlier, t.size = t.story.Steps[:0], t.pasts[0].earlier, 0
	start := func(own any) map[place]any {
		all := map[place]any{}
		for _, p := range t.pasts {
			all[p.place] = nil
		}
		all[t.place] = own
		return all
	}
	r := t.replay(start(nil))
	// Where the history was shortened, nobody knows what the row was. An event that leads to the same
	// row, whatever was there, ends that, if none is missing behind it: the two begin there.
	other, known := r, t.pasts[0].whole
	if !known {
		other = t.replay(start(t.value))
	}
	at := map[*brook.HistoryEntry]int{}
	for i, e := range t.pasts[0].entries {
		at[e] = i
	}
	inOrder(t.pasts, func(e *brook.HistoryEntry) {
		if r.failed != nil || other.failed != nil || t.ctx.Err() != nil {
			return
		}
		i, own := at[e]
		if own && i < t.pasts[0].certain {
			t.add(inspect.Step{Event: t.event(e)})
			return
		}
		step := inspect.Step{Known: known}
		before := t.now(r.value(t.place))
		after := before
		lost := false
		for _, set := range t.set.Code.HandlersOf(t.set.Code.Today(e.Type)) {
			was := after
			if err := r.run(e, set); err != nil {
				step.Error = join(step.Error, err)
				lost = lost || t.writes(e, set)
			}
			if other != r {
				_ = other.run(e, set) // what it can't do is no news
			}
			if after = t.now(r.value(t.place)); !bytes.Equal(was.actual, after.actual) {
				step.Sets = append(step.Sets, set)
			}
		}
		switch {
		case own && lost:
			known = false
		case own && !known:
			known = bytes.Equal(t.now(other.value(t.place)).actual, after.actual) && other != r
		}
		if !own {
			return
		}
		if step.Event = t.event(e); known {
			step.After = after.shown
		} else {
			step.Sets = nil
		}
		if step.Known {
			step.Before = before.shown
		}
		if step.Known && known {
			step.Changes = differences(before, after)
		}
		t.add(step)
	})
	last := t.now(r.value(t.place))
	t.story.Exact = known && last.actual != nil && bytes.Equal(last.actual, t.stored.actual)
	return r.asked, errors.Join(r.failed, other.failed, t.failed)
}

// writes reports whether the handler that a set has of an event can write the collection.
func (t *teller) writes(e *brook.HistoryEntry, set string) bool {
	typ := t.set.Code.Today(e.Type)
	return slices.ContainsFunc(t.set.Def.Handlers, func(h plan.Handler) bool {
		return h.Event == typ && t.set.Def.Sets[h.Set] == set && slices.Contains(h.Writes, t.ord)
	})
}

// join adds an error to the text of others.
func join(text string, err error) string {
	if text == "" {
		return err.Error()
	}
	return text + "; " + err.Error()
}

// add adds a step, and drops the oldest ones if there are too many.
func (t *teller) add(s inspect.Step) {
	t.story.Steps = append(t.story.Steps, s)
	t.size += sizeOf(&s)
	for len(t.story.Steps) > t.limit || t.size > inspect.PageBytes && len(t.story.Steps) > 1 {
		t.size -= sizeOf(&t.story.Steps[0])
		t.story.Steps[0] = inspect.Step{}
		t.story.Steps = t.story.Steps[1:]
		t.story.Earlier++
	}
}

// sizeOf returns about how many bytes a step has.
func sizeOf(s *inspect.Step) int {
	n := len(s.Before) + len(s.After) + len(s.Event.Data.JSON) + len(s.Event.Data.Text) +
		len(s.Event.Data.Base64) + len(s.Error)
	for i := range s.Changes {
		n += len(s.Changes[i].Path) + len(s.Changes[i].Before) + len(s.Changes[i].After)
	}
	return n
}

// event returns an event of a history for people.
func (x *Inspection) event(e *brook.HistoryEntry) inspect.EventRecord {
	typ := x.set.Code.Today(e.Type)
	version, of := e.PayloadVersion()
	out := inspect.EventRecord{
		ID: e.ID, Type: typ, Author: e.Author, Position: e.Position, Version: version,
		Headers: headers(of), Data: x.payloadOf(typ, e.Data, listed),
		Origin: x.origin(e.ID, e.Author, e.Cause),
	}
	if wire.Writable(e.Time) {
		out.Time = e.Time
	}
	if e.Key != nil {
		out.Key = textOf(e.Key)
	}
	return out
}

// origin returns what emitted an event, nil if no handler did, as far as is known.
func (x *Inspection) origin(id, author, cause string) *inspect.Origin {
	if cause == "" {
		return nil
	}
	o := &inspect.Origin{Cause: cause, Author: author}
	stem := stream.Stem(x.set.Config.Name) + "/"
	if rest, ours := strings.CutPrefix(id, stem); ours && author == x.set.Config.Author {
		o.Set, o.Position = stream.Origin(rest)
	}
	return o
}
