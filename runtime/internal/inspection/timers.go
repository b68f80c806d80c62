package inspection

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/timers"
	"github.com/brookgen/brookgen/runtime/key"
)

// due is a place among the timers of all partitions, in the order in which they are due.
type due struct {
	at  time.Time
	id  partition.ID
	row []byte // the key of the timer's row
}

// compare orders places by time, partition and row.
func (d *due) compare(other *due) int {
	return cmp.Or(d.at.Compare(other.at), cmp.Compare(d.id.Topic, other.id.Topic),
		cmp.Compare(d.id.Number, other.id.Number), bytes.Compare(d.row, other.row))
}

// cursor returns the place as the cursor of a page.
func (d *due) cursor() string {
	b := key.AppendInt(key.AppendInt(nil, d.at.Unix()), int32(d.at.Nanosecond()))
	return timerList.cursor(append(d.id.AppendKey(b), d.row...))
}

// timerList is what cursors of timers belong to.
var timerList = list{"timers"}

// parseDue returns the place of a cursor.
func parseDue(cursor string) (*due, error) {
	b, err := timerList.parse(cursor)
	if err != nil {
		return nil, err
	}
	const head key.Shape = "int64 int32 string int32"
	n, err := head.Len(b, head.Parts())
	if err != nil {
		return nil, fmt.Errorf("%w: cursor %.100q: %w", inspect.ErrMistaken, cursor, err)
	}
	r := key.Read(b[:n])
	seconds, nanos := key.ReadInt[int64](&r), key.ReadInt[int32](&r)
	d := &due{at: time.Unix(seconds, int64(nanos)).UTC(), id: partition.ReadID(&r), row: b[n:]}
	return d, nil
}

// Timers returns a page of the timers that wait, those that are due first first.
func (x *Inspection) Timers(
	ctx context.Context, p inspect.Page,
) (all inspect.Timers, err error) {
	err = x.read(ctx, func(c *call) error {
		all = inspect.Timers{Timers: []inspect.Timer{}}
		if !x.set.Code.Layout.Timed {
			return nil
		}
		return c.timers(&p, &all)
	})
	return all, err
}

// timers merges the timers of all partitions.
func (c *call) timers(p *inspect.Page, all *inspect.Timers) error {
	bounds := page{Page: inspect.Page{Limit: p.Limit}}
	if err := bounds.open(); err != nil {
		return err
	}
	var after *due
	var err error
	if p.After != "" {
		if after, err = parseDue(p.After); err != nil {
			return err
		}
	}
	heads, err := c.heads(after, p.Reverse)
	defer func() {
		for _, h := range heads {
			h.stop()
		}
	}()
	if err != nil {
		return err
	}
	size := 0
	var last *due
	for {
		first := firstOf(heads, p.Reverse)
		if first == nil {
			return nil
		}
		if len(all.Timers) == bounds.left || size >= inspect.PageBytes {
			all.Next = last.cursor()
			return nil
		}
		last = first.due
		t, n, err := c.timer(last)
		switch {
		case err == nil:
			all.Timers = append(all.Timers, t)
			size += n
		case !errors.Is(err, brook.ErrNotFound): // another process removed it
			return err
		}
		if err := first.step(); err != nil {
			return err
		}
	}
}

// timer returns the timer at a place, and how large it is.
func (c *call) timer(d *due) (inspect.Timer, int, error) {
	v, err := c.reader.Get(c.ctx, c.gen.Tables[c.set.Code.Layout.Timers], d.row)
	if err != nil {
		return inspect.Timer{}, 0, err
	}
	raw := v.Data.([]byte)
	row, err := timers.Decode(raw)
	if err != nil {
		return inspect.Timer{}, 0, err
	}
	typ, err := timers.TypeOf(d.row)
	if err != nil {
		return inspect.Timer{}, 0, err
	}
	typ = c.set.Code.Today(typ)
	return inspect.Timer{
		Type: typ, Key: textOf(row.Key), Due: row.Due, Data: c.payloadOf(typ, row.Data, listed),
		Set: row.Set, Cause: row.Cause, Position: row.Position,
	}, len(raw), nil
}

// timerRequest returns for people what a handler asks for that sets a timer or cancels one. before
// is the timer that was set; nil: there was none. raw is that which is set, nil if it is cancelled.
func (c *call) timerRequest(key, raw, before []byte) (r inspect.Request, err error) {
	if r.Type, err = timers.TypeOf(key); err != nil {
		return r, err
	}
	r.Type = c.set.Code.Today(r.Type)
	if r.Ends = raw == nil; r.Ends {
		raw = before
	}
	row, err := timers.Decode(raw)
	if err != nil {
		return r, err
	}
	r.Set, r.Key, r.Due = row.Set, textOf(row.Key), row.Due
	r.Data = c.payloadOf(r.Type, row.Data, listed)
	return r, nil
}

// head is the next timer of one partition.
type head struct {
	due  *due // nil: there are no more
	next func() (brook.Row, error, bool)
	stop func()
}

// step moves the head on.
func (h *head) step() error {
	row, err, ok := h.next()
	if h.due = nil; err != nil || !ok {
		return err
	}
	e, err := timers.DecodeEntry(row.Key)
	if err != nil {
		return err
	}
	h.due = &due{e.Due, e.Partition, bytes.Clone(e.Row)}
	return nil
}

// firstOf returns the head that comes first, nil if there is none.
func firstOf(heads []*head, reverse bool) (first *head) {
	for _, h := range heads {
		if h.due == nil {
			continue
		}
		if first == nil || (h.due.compare(first.due) < 0) != reverse {
			first = h
		}
	}
	return first
}

// heads returns the next timer of each partition after a place, or before it if reverse is set.
func (c *call) heads(after *due, reverse bool) (heads []*head, err error) {
	ids, err := c.timed()
	if err != nil {
		return nil, err
	}
	table := c.gen.Tables[c.set.Code.Layout.Due]
	for _, id := range ids {
		from, to := timers.WaitingOf(id)
		if after != nil {
			place := after.within(id, reverse)
			if reverse {
				to = place
			} else {
				from = place
			}
		}
		h := &head{}
		h.next, h.stop = iter.Pull2(c.scan(table, from, to, reverse))
		heads = append(heads, h)
		if err := h.step(); err != nil {
			return heads, err
		}
	}
	return heads, nil
}

// within returns the key of entries of a partition below which those are that come before the
// place; the entry of the place itself is among these unless reverse is set.
func (d *due) within(id partition.ID, reverse bool) []byte {
	at := timers.Row{Due: d.at, Position: id.At(0)}
	switch order := cmp.Or(cmp.Compare(id.Topic, d.id.Topic), cmp.Compare(id.Number, d.id.Number)); {
	case order < 0:
		return key.Successor(at.EntryKey(nil, nil))
	case order > 0:
		return at.EntryKey(nil, nil)
	}
	entry := at.EntryKey(nil, d.row)
	if !reverse {
		entry = append(entry, 0)
	}
	return entry
}

// timed returns the partitions that have timers.
func (c *call) timed() (ids []partition.ID, err error) {
	table := c.gen.Tables[c.set.Code.Layout.Due]
	from, to := timers.Waiting()
	for more := true; more; {
		more = false
		for row, err := range c.reader.Scan(c.ctx, table, from, to) {
			if err != nil {
				return nil, err
			}
			e, err := timers.DecodeEntry(row.Key)
			if err != nil {
				return nil, err
			}
			ids = append(ids, e.Partition)
			_, from = timers.WaitingOf(e.Partition)
			more = true
			break
		}
	}
	return ids, nil
}
