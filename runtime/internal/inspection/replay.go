package inspection

import (
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/stream"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// place names a row.
type place struct {
	slot int
	key  string
}

// replay calls the handlers of events that were folded before, over the rows of today but for those
// that it follows: these begin as if there were none, and are what the events make of them. Nothing
// of it is kept. One goroutine uses it.
type replay struct {
	*call
	tx       *txn.Tx
	delivery *delivery.Delivery
	deliver  func(*delivery.Delivery)
	// followed are the rows that events make anew, each with what it begins as; nil: no row.
	followed map[place]any
	asked    map[place]bool // other rows that handlers read, or folded into
	failed   error          // of the store
}

// replay returns a replay that follows these rows.
func (c *call) replay(followed map[place]any) *replay {
	def, config := c.set.Def, c.set.Config
	r := &replay{
		call: c, followed: followed, asked: map[place]bool{},
		tx: txn.New(def.Collections, withoutUnique(c.set.Code.Layout), nil),
	}
	r.tx.On(c.gen.Tables, c.gen.Unready)
	r.tx.RunDry(r, c.reader)
	r.delivery = delivery.New(r.tx, def, false, stream.Stem(config.Name))
	r.deliver = def.Lane(r.tx)
	for at, value := range followed {
		r.tx.At(at.slot, []byte(at.key)).Learn(value)
	}
	return r
}

// withoutUnique returns a layout in which no field is unique: what other rows have today is no
// reason against what a row had once.
func withoutUnique(layout *schema.Layout) *schema.Layout {
	own := *layout
	own.Collections = slices.Clone(layout.Collections)
	for ord := range own.Collections {
		c := &own.Collections[ord]
		c.Indexes = slices.Clone(c.Indexes)
		for n := range c.Indexes {
			c.Indexes[n].Unique = false
		}
	}
	return &own
}

// Read answers the reads of single rows that the events did not change so far.
func (r *replay) Read(slot int, key []byte) (brook.Value, error) {
	r.asked[place{slot, string(key)}] = true
	v, err := r.reader.Get(r.ctx, r.gen.Tables[slot], key)
	if err != nil && !errors.Is(err, brook.ErrNotFound) && !errors.Is(err, brook.ErrUnreadable) {
		r.failed = errors.Join(r.failed, err)
	}
	if errors.Is(err, brook.ErrNotFound) {
		err = brook.ErrNotFound
	}
	return v, err
}

// value returns what a followed row is now, nil if there is none.
func (r *replay) value(at place) any {
	v, _ := r.tx.Peek(at.slot, []byte(at.key))
	return v
}

// run runs an event through one set. It returns why the set does not take it any more.
func (r *replay) run(e *brook.HistoryEntry, set string) error {
	d := r.delivery
	version, headers := e.PayloadVersion()
	record := &brook.Record{
		Topic: e.Position.Topic, Partition: e.Position.Partition, Offset: e.Position.Offset,
		Time: e.Time, Key: e.Key, Value: e.Data,
	}
	d.Prepare(r.ctx, record, alone{})
	d.Position, d.Only, d.Once, d.Unblocked = e.Position, set, true, true
	d.Message = brook.Message{
		ID: e.ID, Type: r.set.Code.Today(e.Type), Author: e.Author, Time: e.Time, Cause: e.Cause,
		Headers: headers, Data: e.Data, Version: version, Keyed: e.Key != nil,
	}
	r.tx.Begin(txn.Event{Ctx: r.ctx})
	d.Dispatch(r.deliver)
	err := d.DecodeErr
	for i := range d.Results {
		err = errors.Join(err, d.Results[i].Err)
	}
	if !d.Known {
		err = errors.New("the code does not know events of the type any more")
	}
	if err == nil && len(d.Results) == 0 {
		err = fmt.Errorf("set %s does not handle it any more", set)
	}
	if err != nil {
		r.tx.Revert()
		return err
	}
	r.tx.Accept()
	return nil
}

// alone is the host of an event that waits behind nothing.
type alone struct{}

// Source returns a text that no ID begins with: nothing is published.
func (alone) Source() string { return "" }

// Owns returns true.
func (alone) Owns(*brook.Record) bool { return true }

// Blocker returns false.
func (alone) Blocker(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

// ParkedAhead returns false.
func (alone) ParkedAhead(*delivery.Delivery, string) (brook.Position, bool) {
	return brook.Position{}, false
}

// Appears returns false.
func (alone) Appears(*delivery.Delivery, string) bool { return false }
