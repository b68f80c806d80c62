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

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/pack"
)

// shapes are all shapes in which values of a generation were ever written, as its table of shapes
// has them. The key is the collection's name, a zero byte and the number of the shape in 4 bytes,
// and the value is the schema. A value in the store begins with the number of its shape, from 1 on
// in each collection.
type shapes struct {
	table  brook.Table
	reread func() error // reads them again: other processes number shapes, too

	mu    sync.RWMutex
	known map[string]map[uint64]string // schemas by collection and number; guarded by mu
}

// readShapes reads the shapes that a generation has.
func (c *Catalog) readShapes(ctx context.Context, s *shapes) error {
	known := map[string]map[uint64]string{}
	for row, err := range c.reader.Scan(ctx, s.table, nil, nil) {
		if err != nil {
			return err
		}
		name, number, ok := bytes.Cut(row.Key, []byte{0})
		schema, isBytes := row.Value.Data.([]byte)
		if !ok || len(number) != 4 || !isBytes {
			return fmt.Errorf("brook: %s: the shapes in the store are damaged: %w",
				c.config.Name, brook.ErrPermanent)
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

// newShapes returns what numbers the shapes that the code writes and the generation does not have,
// unless another process uses the same numbers meanwhile. It is committed before any value is
// written.
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

// recordShapes numbers the shapes of a generation that no other process writes.
func (c *Catalog) recordShapes(ctx context.Context, s *shapes) error {
	if err := c.readShapes(ctx, s); err != nil {
		return err
	}
	writes, checks := c.newShapes(s)
	if len(writes) == 0 {
		return nil
	}
	batch := &brook.Batch{ID: c.ids.Batch(), Writes: writes, Checks: checks}
	if err := c.store.Commit(ctx, batch); err != nil {
		return err
	}
	return c.readShapes(ctx, s)
}

// numberOf returns the lowest number of a schema, or 0.
func numberOf(known map[uint64]string, schema string) uint64 {
	for _, number := range slices.Sorted(maps.Keys(known)) {
		if known[number] == schema {
			return number
		}
	}
	return 0
}

// lost returns, line by line, which values that the generation may have the code can't read any
// more.
func (s *shapes) lost(collections []schema.Collection) (lines []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, info := range collections {
		if info.Schema == "" {
			continue
		}
		known := s.known[info.Name]
		for _, number := range slices.Sorted(maps.Keys(known)) {
			if known[number] == info.Schema {
				continue
			}
			t, err := transcoder(known[number], info.Schema)
			if err != nil {
				lines = append(lines, fmt.Sprintf("shape %d of %s: %v", number, info.Name, err))
			} else if lost := t.Lost(); lost != "" {
				lines = append(lines, fmt.Sprintf("values of %s: %s", info.Name, lost))
			}
		}
	}
	return lines
}

// transcoder returns what turns values of one schema into values of another.
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

var errShape = errors.New("the store has no such shape")

// find returns the schema of a shape. It reads the shapes again if it does not know that one: newer
// code that writes the same store may have recorded it since.
func (s *shapes) find(collection string, number uint64) (string, error) {
	known := func() (string, bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		schema, ok := s.known[collection][number]
		return schema, ok
	}
	schema, ok := known()
	if !ok && s.reread != nil {
		if err := s.reread(); err != nil {
			return "", err
		}
		schema, ok = known()
	}
	if !ok {
		return "", errShape
	}
	return schema, nil
}
