package bytestore

import (
	"bytes"
	"context"
	"errors"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/stored"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// Store keeps bytes in memory.
type Store struct {
	rows *mapstore.Store
	far  bool
}

var (
	_ brook.Store   = (*Store)(nil)
	_ brook.Durable = (*Store)(nil)
	_ brook.Dropper = (*Store)(nil)
	_ brook.Holder  = (*Store)(nil)
	_ brook.Counter = reader{}
	_ brook.Fetcher = far{}
)

// New makes an empty store.
func New() *Store { return &Store{rows: mapstore.New()} }

// NewFar makes an empty store whose readers are a brook.Fetcher, so that lanes rehearse as they do
// over one that is far away.
func NewFar() *Store { return &Store{mapstore.New(), true} }

// table is a handle with the codec that it was asked for with.
type table struct {
	brook.Table
	codec brook.Codec
}

// Durable reports false: nothing outlives the process.
func (s *Store) Durable() bool { return false }

// Holds returns what the apps over the store know of each other.
func (s *Store) Holds() *brook.Holds { return s.rows.Holds() }

// Table returns the table of that name.
func (s *Store) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	t, err := s.rows.Table(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &table{t, spec.Codec}, nil
}

// Latest reads what was committed last.
func (s *Store) Latest() brook.Reader {
	r := reader{s.rows.Latest()}
	if s.far {
		return far{r}
	}
	return r
}

// Snapshot pins the present instant.
func (s *Store) Snapshot(ctx context.Context) (brook.Snapshot, error) {
	snap, err := s.rows.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return snapshot{reader{snap}, snap}, nil
}

// Drop empties a table.
func (s *Store) Drop(ctx context.Context, t brook.Table) error {
	return s.rows.Drop(ctx, t.(*table).Table)
}

// Commit encodes the values of the batch and keeps them.
func (s *Store) Commit(ctx context.Context, b *brook.Batch) error {
	encoded := *b
	encoded.Writes = make([]brook.Write, len(b.Writes))
	for i, w := range b.Writes {
		t := w.Table.(*table)
		w.Table = t.Table
		if w.Op == brook.Put {
			data, err := t.encode(w.Value)
			if err != nil {
				return err
			}
			w.Value = data
			if w.History, err = reencode(w.History); err != nil {
				return err
			}
		}
		encoded.Writes[i] = w
	}
	return s.rows.Commit(ctx, &encoded)
}

// reencode returns entries as a store reads them that keeps bytes.
func reencode(entries []*brook.HistoryEntry) ([]*brook.HistoryEntry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	decoded := make([]*brook.HistoryEntry, len(entries))
	for i, e := range entries {
		var err error
		if decoded[i], err = stored.DecodeEntry(stored.AppendEntry(nil, e), e.Type); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

func (t *table) encode(value any) ([]byte, error) {
	if t.codec == nil {
		return append([]byte{}, value.([]byte)...), nil
	}
	return t.codec.Append(nil, value)
}

// decode makes the reader's own value of what is kept.
func (t *table) decode(v brook.Value) (brook.Value, error) {
	data := bytes.Clone(v.Data.([]byte))
	if t.codec == nil {
		return brook.Value{Data: data}, nil
	}
	value, err := t.codec.Decode(data)
	for i := range data { // nothing may lean on the bytes, which are gone when a transaction is
		data[i] = 0xff
	}
	return brook.Value{Data: value}, err
}

type reader struct{ rows brook.Reader }

func (r reader) Get(ctx context.Context, t brook.Table, key []byte) (brook.Value, error) {
	v, err := r.rows.Get(ctx, t.(*table).Table, key)
	if err != nil {
		return v, err
	}
	return t.(*table).decode(v)
}

func (r reader) Scan(ctx context.Context, t brook.Table, from,
	to []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		for row, err := range r.rows.Scan(ctx, t.(*table).Table, from, to) {
			if err == nil {
				row.Value, err = t.(*table).decode(row.Value)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (r reader) History(ctx context.Context, t brook.Table,
	key []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return r.rows.History(ctx, t.(*table).Table, key)
}

func (r reader) Count(ctx context.Context, t brook.Table) (int, error) {
	return r.rows.(brook.Counter).Count(ctx, t.(*table).Table)
}

type snapshot struct {
	reader
	rows brook.Snapshot
}

func (s snapshot) Close() error { return s.rows.Close() }

// far reads as one does that is a round trip away.
type far struct{ reader }

// Fetch returns what as many calls of Get would.
func (r far) Fetch(ctx context.Context, keys []brook.TableKey) ([]brook.Value, error) {
	values := make([]brook.Value, len(keys))
	for i, k := range keys {
		v, err := r.Get(ctx, k.Table, k.Key)
		if err != nil && !errors.Is(err, brook.ErrNotFound) {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}
