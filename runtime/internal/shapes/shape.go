package shapes

import (
	"fmt"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/pack"
)

// shape is the shape that the code writes of one collection's values, and what reads the earlier
// ones: the brook.Shape of the collection's codec. It is safe for concurrent use.
type shape struct {
	name   string // of the collection
	schema string // that the code writes
	shapes *Shapes
	number atomic.Uint64 // of schema; 0: not looked up yet

	mu   sync.RWMutex
	olds map[uint64]*pack.Transcoder // by number; nil: the values need no change; guarded by mu
}

// Of returns the shape of a collection.
func (s *Shapes) Of(info schema.Collection) *shape {
	return &shape{
		name: info.Name, schema: info.Schema, shapes: s, olds: map[uint64]*pack.Transcoder{},
	}
}

// Number returns the number of the shape that the code writes.
func (c *shape) Number() (uint64, error) {
	if number := c.number.Load(); number > 0 {
		return number, nil
	}
	c.shapes.mu.RLock()
	defer c.shapes.mu.RUnlock()
	number := numberOf(c.shapes.known[c.name], c.schema)
	if number == 0 {
		return 0, fmt.Errorf("brook: %s: its shape was not recorded: %w", c.name,
			brook.ErrPermanent)
	}
	c.number.Store(number)
	return number, nil
}

// Upgrade returns a value of the shape with a number in the shape that the code writes. It returns
// data itself if that needs no change.
func (c *shape) Upgrade(number uint64, data []byte) ([]byte, error) {
	if number == c.number.Load() {
		return data, nil
	}
	old, err := c.old(number)
	if err != nil {
		return nil, fmt.Errorf("brook: value of %s, in its shape %d: %w", c.name, number, err)
	}
	if old == nil {
		return data, nil
	}
	if data, err = old.Append(nil, data); err != nil {
		return nil, fmt.Errorf("%w: value of %s, in its shape %d: %w",
			brook.ErrUnreadable, c.name, number, err)
	}
	return data, nil
}

// old returns what turns values of a shape into present ones; nil if they need no change.
func (c *shape) old(number uint64) (*pack.Transcoder, error) {
	c.mu.RLock()
	t, ok := c.olds[number]
	c.mu.RUnlock()
	if ok {
		return t, nil
	}
	schema, err := c.shapes.Find(c.name, number)
	if err != nil {
		return nil, err
	}
	if schema != c.schema {
		if t, err = transcoder(schema, c.schema); err != nil {
			return nil, fmt.Errorf("%w: %w", brook.ErrUnreadable, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.olds[number] = t
	return t, nil
}
