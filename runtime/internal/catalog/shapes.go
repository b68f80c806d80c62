package catalog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/pack"
)

// shapes are the shapes in which values of a generation were ever written, as its table of them has it: at the
// collection's name, a zero byte and the shape's number in 4 bytes stands the schema. A value in the store begins with the number
// of its shape, from 1 on in each collection.
type shapes struct {
	table brook.Table
	again func() error // reads them again: other processes give numbers too
	mu    sync.RWMutex
	known map[string]map[uint64]string // collection, number, schema
}

// ReadShapes reads the shapes that a generation knows.
func (c *Catalog) ReadShapes(ctx context.Context, s *shapes) error {
	known := map[string]map[uint64]string{}
	for row, err := range c.Reader.Scan(ctx, s.table, nil, nil) {
		if err != nil {
			return err
		}
		name, number, ok := bytes.Cut(row.Key, []byte{0})
		schema, isBytes := row.Value.Data.([]byte)
		if !ok || len(number) != 4 || !isBytes {
			return fmt.Errorf("brook: %s: the shapes in the store are damaged: %w", c.config.Name, brook.ErrPermanent)
		}
		if known[string(name)] == nil {
			known[string(name)] = map[uint64]string{}
		}
		known[string(name)][uint64(binary.BigEndian.Uint32(number))] = string(schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = known
	return nil
}

// newShapes makes what gives numbers to the shapes that the code writes and the generation does not know yet, if no other process
// gives the same ones meanwhile. It is committed before any value is written.
func (c *Catalog) newShapes(s *shapes) (writes []brook.Write, checks []brook.Check) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, info := range c.code.Layout.Collections {
		known := s.known[info.Name]
		if info.Schema == "" || numberOf(known, info.Schema) > 0 {
			continue
		}
		number := uint64(1)
		for n := range known {
			number = max(number, n+1)
		}
		key := binary.BigEndian.AppendUint32(append([]byte(info.Name), 0), uint32(number))
		writes = append(writes, brook.Write{Table: s.table, Key: key, Value: []byte(info.Schema)})
		checks = append(checks, brook.Check{Table: s.table, Key: key})
	}
	return writes, checks
}

// recordShapes gives numbers to the shapes of a generation that nobody else writes.
func (c *Catalog) recordShapes(ctx context.Context, s *shapes) error {
	if err := c.ReadShapes(ctx, s); err != nil {
		return err
	}
	writes, checks := c.newShapes(s)
	if len(writes) == 0 {
		return nil
	}
	if err := c.Store.Commit(ctx, &brook.Batch{ID: c.Ids.Batch(), Writes: writes, Checks: checks}); err != nil {
		return err
	}
	return c.ReadShapes(ctx, s)
}

// numberOf gives the number of a schema, or 0.
func numberOf(known map[uint64]string, schema string) uint64 {
	for _, number := range slices.Sorted(maps.Keys(known)) {
		if known[number] == schema {
			return number
		}
	}
	return 0
}

// lost says, line by line, which shapes the values of a collection may have that its code can't read any more.
func (s *shapes) lost(collections []schema.Collection) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var lines []string
	for _, info := range collections {
		for _, number := range slices.Sorted(maps.Keys(s.known[info.Name])) {
			if old := s.known[info.Name][number]; info.Schema != "" && old != info.Schema {
				t, err := transcoder(old, info.Schema)
				if err != nil {
					lines = append(lines, fmt.Sprintf("shape %d of %s: %v", number, info.Name, err))
				} else if lost := t.Lost(); lost != "" {
					lines = append(lines, fmt.Sprintf("values of %s: %s", info.Name, lost))
				}
			}
		}
	}
	return lines
}

func transcoder(old, now string) (*pack.Transcoder, error) {
	from, err := pack.ParseSchema(old)
	if err != nil {
		return nil, err
	}
	to, err := pack.ParseSchema(now)
	if err != nil {
		return nil, err
	}
	return pack.NewTranscoder(from, to)
}

// shape is the shapes of one collection, as its codec goes by them.
type shape struct {
	name   string
	schema string // that the code writes
	shapes *shapes
	number atomic.Uint64 // of schema; 0: not looked up yet

	mu   sync.RWMutex
	olds map[uint64]*pack.Transcoder // by shape
}

func (s *shapes) of(info schema.Collection) *shape {
	return &shape{name: info.Name, schema: info.Schema, shapes: s, olds: map[uint64]*pack.Transcoder{}}
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
		return 0, fmt.Errorf("brook: %s: its shape was not recorded: %w", c.name, brook.ErrPermanent)
	}
	c.number.Store(number)
	return number, nil
}

// Upgrade returns a value of an earlier shape in the one that the code writes, or data itself.
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
		return nil, fmt.Errorf("%w: value of %s, in its shape %d: %w", brook.ErrUnreadable, c.name, number, err)
	}
	return data, nil
}

var errShape = errors.New("the store has no such shape")

// old returns what turns values of a shape into present ones; nil if they are that.
func (c *shape) old(number uint64) (*pack.Transcoder, error) {
	c.mu.RLock()
	t, ok := c.olds[number]
	c.mu.RUnlock()
	if ok {
		return t, nil
	}
	schema, err := c.shapes.find(c.name, number)
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

// find gives the schema of a shape, which newer code that writes the same store may have recorded since they were read.
func (s *shapes) find(collection string, number uint64) (string, error) {
	known := func() (string, bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		schema, ok := s.known[collection][number]
		return schema, ok
	}
	schema, ok := known()
	if !ok && s.again != nil {
		if err := s.again(); err != nil {
			return "", err
		}
		schema, ok = known()
	}
	if !ok {
		return "", errShape
	}
	return schema, nil
}
