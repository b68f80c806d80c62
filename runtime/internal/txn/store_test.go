package txn_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
)

// item is the row type of the tests: its emails, with commas between, are unique, its tags are not.
type item struct {
	ID    string
	Email string
	Tags  []string
	N     int
}

// items are kept with history, and found by email and by tag.
var items = &typed.Collection[string, item]{
	Name: "items", Shape: "string", History: true,
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
	Key: func(v *item) *string { return &v.ID },
	Clone: func(dst, src *item) error {
		if src.N < 0 {
			return fmt.Errorf("%d is negative", src.N)
		}
		*dst = *src
		dst.Tags = slices.Clone(src.Tags)
		return nil
	},
	Indexes: []typed.IndexDef[item]{
		{Field: "Email", Shape: "string", Unique: true, Entries: func(v *item, e *brook.Entries) {
			for email := range strings.SplitSeq(v.Email, ",") {
				if email != "" {
					e.Add(key.AppendString(e.Bytes(), email))
				}
			}
		}},
		{Field: "Tags", Shape: "string", Entries: func(v *item, e *brook.Entries) {
			for _, tag := range v.Tags {
				e.Add(key.AppendString(e.Bytes(), tag))
			}
		}},
	},
}

// counts are plain: no index, no history, no Clone.
var counts = &typed.Collection[string, int]{
	Name: "counts", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

// The slots of their tables, and the ordinals of the collections.
const (
	itemRows = iota
	itemsByEmail
	itemsByTag
	countRows
	slots
)

const (
	itemsAt = iota
	countsAt
)

type (
	rowSeq     = iter.Seq2[brook.Row, error]
	historySeq = iter.Seq2[*brook.HistoryEntry, error]
)

// store is a reader of rows by slot: its tables are the slots. Commit writes them. It counts reads.
type store struct {
	rows    [slots]map[string]brook.Value
	history map[string][]*brook.HistoryEntry // of items
	commits uint64
	gets    int
	err     error // of the next reads

	reversed int // rows that scans downwards yielded
}

func newStore() *store {
	s := &store{history: map[string][]*brook.HistoryEntry{}}
	for i := range s.rows {
		s.rows[i] = map[string]brook.Value{}
	}
	return s
}

func (s *store) Get(_ context.Context, t brook.Table, key []byte) (brook.Value, error) {
	s.gets++
	if s.err != nil {
		return brook.Value{}, s.err
	}
	v, ok := s.rows[t.(int)][string(key)]
	if !ok {
		return v, brook.ErrNotFound
	}
	return v, nil
}

func (s *store) Scan(_ context.Context, t brook.Table, from, to []byte) rowSeq {
	return func(yield func(brook.Row, error) bool) {
		if s.err != nil {
			yield(brook.Row{}, s.err)
			return
		}
		for _, k := range slices.Sorted(maps.Keys(s.rows[t.(int)])) {
			if k < string(from) || to != nil && k >= string(to) {
				continue
			}
			if !yield(brook.Row{Key: []byte(k), Value: s.rows[t.(int)][k]}, nil) {
				return
			}
		}
	}
}

func (s *store) Reverse(ctx context.Context, t brook.Table, from, to []byte) rowSeq {
	return func(yield func(brook.Row, error) bool) {
		var all []brook.Row
		for row, err := range s.Scan(ctx, t, from, to) {
			if err != nil {
				yield(row, err)
				return
			}
			all = append(all, row)
		}
		for _, row := range slices.Backward(all) {
			s.reversed++
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (s *store) History(_ context.Context, _ brook.Table, key []byte) historySeq {
	return func(yield func(*brook.HistoryEntry, error) bool) {
		if s.err != nil {
			yield(nil, s.err)
			return
		}
		for _, e := range s.history[string(key)] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// commit does what a store does with the writes of a transaction, which begins its next batch.
func (s *store) commit(t *testing.T, tx *txn.Tx) {
	t.Helper()
	s.commits++
	for _, w := range tx.Writes(nil) {
		rows, k := s.rows[w.Table.(int)], string(w.Key)
		if w.Clear || w.Op == brook.Remove {
			delete(s.history, k)
		}
		if w.Op == brook.Remove {
			delete(rows, k)
			continue
		}
		rows[k] = brook.Value{Data: w.Value, Shared: true, Version: s.commits}
		s.history[k] = append(s.history[k], w.History...)
	}
	tx.Reset()
}

// put stores a row as an earlier commit would have, without index entries.
func (s *store) put(slot int, k string, data any) {
	s.commits++
	s.rows[slot][string(encoded(k))] = brook.Value{Data: data, Shared: true, Version: s.commits}
}

// fixture is a transaction over a store, with what generated code has of it.
type fixture struct {
	t     *testing.T
	tx    *txn.Tx
	store *store
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, store: newStore()}
	f.tx = newTx(f.store)
	return f
}

func newTx(r brook.Reader) *txn.Tx {
	layout := schema.NewLayout([]schema.Collection{items.Def().Info(), counts.Def().Info()})
	tx := txn.New([]*brook.Collection{items.Def(), counts.Def()}, layout, r)
	tx.On([]brook.Table{itemRows, itemsByEmail, itemsByTag, countRows}, nil)
	return tx
}

func (f *fixture) items() typed.Rows[string, item] { return typed.RowsOf(f.tx, itemsAt, items) }

func (f *fixture) counts() typed.Rows[string, int] { return typed.RowsOf(f.tx, countsAt, counts) }

// begin begins an event.
func (f *fixture) begin() { f.tx.Begin(txn.Event{Ctx: f.t.Context()}) }

// event runs an event of one set that creates items, and accepts it.
func (f *fixture) event(created ...item) {
	f.t.Helper()
	f.begin()
	f.create(created...)
	f.release()
	f.tx.Accept()
}

func (f *fixture) create(created ...item) {
	for _, v := range created {
		f.items().Apply(brook.Create(v.ID, v))
	}
}

func (f *fixture) merge(id string, merge func(*item)) { f.items().Apply(brook.Merge(id, merge)) }

// release ends a set that is to succeed.
func (f *fixture) release() {
	f.t.Helper()
	if err := f.tx.Failure(); err != nil {
		f.t.Fatal(err)
	}
	if err := f.tx.Release(); err != nil {
		f.t.Fatal(err)
	}
}

// want compares the rows of items that a scan of the transaction finds with id:N/Email/Tags.
func (f *fixture) want(rows ...string) {
	f.t.Helper()
	var got []string
	for row, err := range f.tx.Scan(itemRows, nil, nil) {
		if err != nil {
			f.t.Fatal(err)
		}
		v := row.Value.Data.(*item)
		if string(row.Key) != string(encoded(v.ID)) {
			f.t.Errorf("%q is at key %q", v.ID, row.Key)
		}
		if at, err := f.tx.Get(itemRows, row.Key); err != nil || at.Data != row.Value.Data {
			f.t.Errorf("Get of %q returns %v, %v, and Scan %v", v.ID, at.Data, err, v)
		}
		got = append(got, fmt.Sprintf("%s:%d/%s/%s", v.ID, v.N, v.Email, strings.Join(v.Tags, "+")))
	}
	if !slices.Equal(got, rows) {
		f.t.Errorf("items are %q, want %q", got, rows)
	}
}

// entries returns the entries of an index of items as value>id, in order.
func (f *fixture) entries(slot int) (all []string) {
	f.t.Helper()
	for row, err := range f.tx.Scan(slot, nil, nil) {
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, entryText(row.Key))
		if b, ok := row.Value.Data.([]byte); !ok || len(b) > 0 {
			f.t.Errorf("%s has the value %v", all[len(all)-1], row.Value.Data)
		}
	}
	return all
}

func (f *fixture) wantEntries(slot int, want ...string) {
	f.t.Helper()
	if got := f.entries(slot); !slices.Equal(got, want) {
		f.t.Errorf("entries are %q, want %q", got, want)
	}
}

// entryText returns the key of an index entry as value>id.
func entryText(entry []byte) string {
	r := key.Read(entry)
	value := r.String()
	id := r.String()
	if err := r.End(); err != nil {
		return fmt.Sprintf("%q: %v", entry, err)
	}
	return value + ">" + id
}

// wrote returns the writes of a transaction as text: slot, key, and what becomes of the row.
func wrote(tx *txn.Tx) (all []string) {
	for _, w := range tx.Writes(nil) {
		text := fmt.Sprintf("%d %s", w.Table, bytes.Trim(w.Key, "\x00\x01"))
		if slot := w.Table.(int); slot == itemsByEmail || slot == itemsByTag {
			text = fmt.Sprintf("%d %s", slot, entryText(w.Key))
		}
		switch {
		case w.Op == brook.Remove:
			text += " removed"
		case w.Clear:
			text += " cleared"
		}
		for _, e := range w.History {
			text += " +" + e.ID
		}
		all = append(all, text)
	}
	return all
}

func encoded(k string) []byte { return key.AppendString(nil, k) }
