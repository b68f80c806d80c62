// Package shapes knows in which shapes the values of a generation were ever written, and turns
// values of earlier ones into present ones. It is used by the codecs of stores, from any goroutine.
package shapes

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

// Shapes are all shapes in which values of a generation were ever written, as its table of shapes
// has them. The key is the collection's name, a zero byte and the number of the shape in 4 bytes,
// and the value is the schema. A value in the store begins with the number of its shape, from 1 on
// in each collection.
type Shapes struct {
	// Table is the table of shapes; it is set once it is known, before any other use.
	Table brook.Table
	// Reread reads the shapes again, as other processes number shapes, too; nil: nobody does.
	Reread func() error

	app         string // its name
	reader      brook.Reader
	collections []schema.Collection // of the code

	mu    sync.RWMutex
	known map[string]map[uint64]string // schemas by collection and number; guarded by mu
}

// New returns the shapes of a generation that are yet to be read. app is the name of the app, and
// collections those of its code.
func New(app string, reader brook.Reader, collections []schema.Collection) *Shapes {
	return &Shapes{app: app, reader: reader, collections: collections}
}

// Read reads the shapes that the generation has.
func (s *Shapes) Read(ctx context.Context) error {
	known := map[string]map[uint64]string{}
	for row, err := range s.reader.Scan(ctx, s.Table, nil, nil) {
		if err != nil {
			return err
		}
		name, number, ok := bytes.Cut(row.Key, []byte{0})
		schema, isBytes := row.Value.Data.([]byte)
		if !ok || len(number) != 4 || !isBytes {
			return fmt.Errorf("brook: %s: the shapes in the store are damaged: %w",
				s.app, brook.ErrPermanent)
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

// Missing returns what numbers the shapes that the code writes and the generation does not have,
// unless another process uses the same numbers meanwhile. It is committed before any value is
// written.
func (s *Shapes) Missing() (writes []brook.Write, checks []brook.Check) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, info := range s.collections {
		known := s.known[info.Name]
		if info.Schema == "" || numberOf(known, info.Schema) > 0 {
			continue
		}
		number := uint64(1)
		for n := range known {
			number = max(number, n+1)
		}
		key := binary.BigEndian.AppendUint32(append([]byte(info.Name), 0), uint32(number))
		writes = append(writes, brook.Write{Table: s.Table, Key: key, Value: []byte(info.Schema)})
		checks = append(checks, brook.Check{Table: s.Table, Key: key})
	}
	return writes, checks
}

// Record numbers the shapes of a generation that no other process writes, with a commit of its own.
func (s *Shapes) Record(ctx context.Context,
	commit func([]brook.Write, []brook.Check) error) error {
	if err := s.Read(ctx); err != nil {
		return err
	}
	writes, checks := s.Missing()
	if len(writes) == 0 {
		return nil
	}
	if err := commit(writes, checks); err != nil {
		return err
	}
	return s.Read(ctx)
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

// Lost returns, line by line, which values that the generation may have the code can't read any
// more.
func (s *Shapes) Lost() (lines []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, info := range s.collections {
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

// ErrUnknown says that the generation has no shape of a number.
var ErrUnknown = errors.New("the store has no such shape")

// Find returns the schema of a shape, or ErrUnknown. It reads the shapes again if it does not know that one: newer
// code that writes the same store may have recorded it since.
func (s *Shapes) Find(collection string, number uint64) (string, error) {
	known := func() (string, bool) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		schema, ok := s.known[collection][number]
		return schema, ok
	}
	schema, ok := known()
	if !ok && s.Reread != nil {
		if err := s.Reread(); err != nil {
			return "", err
		}
		schema, ok = known()
	}
	if !ok {
		return "", ErrUnknown
	}
	return schema, nil
}
