package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// doc is the typed value of the suite, with memory that a careless store would share.
type doc struct {
	Name    string
	Numbers []int
	Tags    map[string]string
}

func newDoc(n int) *doc {
	return &doc{Name: fmt.Sprint("doc ", n), Numbers: []int{n, n + 1},
		Tags: map[string]string{"n": fmt.Sprint(n)}}
}

type docCodec struct{}

func (docCodec) Append(dst []byte, value any) ([]byte, error) {
	data, err := json.Marshal(value.(*doc))
	return append(dst, data...), err
}

func (docCodec) Decode(data []byte) (any, error) {
	d := &doc{}
	return d, json.Unmarshal(data, d)
}

// A fixture is a store under test with three tables.
type fixture struct {
	*testing.T
	suite *suite
	ctx   context.Context
	store brook.Store
	docs  brook.Table // typed, keeps few of the types "two" and "none"
	bytes brook.Table // without codec, keeps all
	more  brook.Table // typed, keeps all
}

// keepOfDocs is TableSpec.Keep of the table docs.
var keepOfDocs = map[string]int{"one": 1, "two": 2, "none": 0, "many": 40}

func newFixture(t *testing.T, s *suite, store brook.Store) *fixture {
	f := &fixture{T: t, suite: s, ctx: t.Context(), store: store}
	f.openTables(keepOfDocs)
	return f
}

// openTables asks for the tables, with limits for docs.
func (f *fixture) openTables(keep map[string]int) {
	f.Helper()
	if keep == nil {
		keep = keepOfDocs
	}
	f.docs = f.table(brook.TableSpec{Name: "docs", Codec: docCodec{}, Keep: keep})
	f.bytes = f.table(brook.TableSpec{Name: "bytes"})
	// a name that begins another's
	f.more = f.table(brook.TableSpec{Name: "doc", Codec: docCodec{}})
}

func (f *fixture) table(spec brook.TableSpec) brook.Table {
	f.Helper()
	t, err := f.store.Table(f.ctx, spec)
	if err != nil {
		f.Fatalf("Table %s: %v", spec.Name, err)
	}
	return t
}

func (f *fixture) commit(writes ...brook.Write) {
	f.Helper()
	if err := f.store.Commit(f.ctx, &brook.Batch{Writes: writes}); err != nil {
		f.Fatalf("Commit: %v", err)
	}
}

func (f *fixture) snapshot() brook.Snapshot {
	f.Helper()
	s, err := f.store.Snapshot(f.ctx)
	if err != nil {
		f.Fatalf("Snapshot: %v", err)
	}
	return s
}

func (f *fixture) close(s brook.Snapshot) {
	f.Helper()
	if err := s.Close(); err != nil {
		f.Errorf("Close: %v", err)
	}
}

func put(t brook.Table, key string, value any, history ...*brook.HistoryEntry) brook.Write {
	return brook.Write{Table: t, Key: []byte(key), Value: value, History: history}
}

func remove(t brook.Table, key string) brook.Write {
	return brook.Write{Table: t, Key: []byte(key), Op: brook.Remove}
}

// wantValue checks a value; nil means none.
func (f *fixture) wantValue(r brook.Reader, t brook.Table, key string, want any) {
	f.Helper()
	got, err := r.Get(f.ctx, t, []byte(key))
	switch {
	case f.moved(err):
	case want == nil:
		if !errors.Is(err, brook.ErrNotFound) {
			f.Errorf("Get %q: %v, %v; want ErrNotFound", key, got.Data, err)
		}
	case err != nil:
		f.Errorf("Get %q: %v", key, err)
	case !sameValue(got.Data, want):
		f.Errorf("Get %q: %s; want %s", key, show(got.Data), show(want))
	}
}

// pair is a row as the suite compares it.
type pair struct {
	key   string
	value any
}

// wantRows checks a scan, and that the rows are valid during the iteration.
func (f *fixture) wantRows(r brook.Reader, t brook.Table, from, to []byte, want []pair) {
	f.Helper()
	n := 0
	for row, err := range r.Scan(f.ctx, t, from, to) {
		if f.moved(err) {
			return
		}
		if err != nil {
			f.Fatalf("Scan %q to %q: %v", from, to, err)
		}
		if n >= len(want) {
			f.Fatalf("Scan %q to %q: row %d is %q; want no more", from, to, n, row.Key)
		}
		if w := want[n]; string(row.Key) != w.key || !sameValue(row.Value.Data, w.value) {
			f.Fatalf("Scan %q to %q: row %d is %q %s; want %q %s", from, to, n, row.Key,
				show(row.Value.Data), w.key, show(w.value))
		}
		n++
	}
	if n != len(want) {
		f.Fatalf("Scan %q to %q: %d rows, want %d", from, to, n, len(want))
	}
	if down, ok := r.(brook.Reverser); ok {
		f.wantReversed(down, t, from, to, want)
	}
}

// wantReversed checks that a scan downwards yields rows that are given in key order.
func (f *fixture) wantReversed(r brook.Reverser, t brook.Table, from, to []byte, want []pair) {
	f.Helper()
	n := len(want)
	for row, err := range r.Reverse(f.ctx, t, from, to) {
		if f.moved(err) {
			return
		}
		if err != nil {
			f.Fatalf("Reverse %q to %q: %v", from, to, err)
		}
		if n--; n < 0 {
			f.Fatalf("Reverse %q to %q: one more row: %q", from, to, row.Key)
		}
		if w := want[n]; string(row.Key) != w.key || !sameValue(row.Value.Data, w.value) {
			f.Fatalf("Reverse %q to %q: row %d is %q %s; want %q %s", from, to, n, row.Key,
				show(row.Value.Data), w.key, show(w.value))
		}
	}
	if n != 0 {
		f.Fatalf("Reverse %q to %q: %d rows less than there are", from, to, n)
	}
}

func (f *fixture) wantHistory(r brook.Reader, t brook.Table, key string,
	want ...*brook.HistoryEntry) {
	f.Helper()
	var got []*brook.HistoryEntry
	for e, err := range r.History(f.ctx, t, []byte(key)) {
		if f.moved(err) {
			return
		}
		if err != nil {
			f.Fatalf("History %q: %v", key, err)
		}
		got = append(got, e)
	}
	if !slices.EqualFunc(got, want, sameEntry) {
		f.Errorf("History %q: %s; want %s", key, showHistory(got), showHistory(want))
	}
}

// moved reports whether a remote store gave a snapshot up, as it may.
func (f *fixture) moved(err error) bool {
	return f.suite.remote && errors.Is(err, brook.ErrSnapshotMoved)
}

func sameValue(got, want any) bool {
	if a, ok := got.([]byte); ok {
		b, ok := want.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return reflect.DeepEqual(got, want)
}

func sameEntry(a, b *brook.HistoryEntry) bool {
	return a.Position == b.Position && a.ID == b.ID && a.Type == b.Type && a.Author == b.Author &&
		a.Cause == b.Cause && a.Time.Equal(b.Time) && bytes.Equal(a.Key, b.Key) &&
		bytes.Equal(a.Data, b.Data) &&
		slices.EqualFunc(a.Headers, b.Headers, func(a, b brook.Header) bool {
			return a.Key == b.Key && bytes.Equal(a.Value, b.Value)
		})
}

// event makes a history entry, the n-th of its type.
func event(typ string, n int) *brook.HistoryEntry {
	return &brook.HistoryEntry{
		Position: brook.Position{Topic: "topic", Partition: 3, Offset: int64(n)},
		ID:       fmt.Sprint(typ, "-", n), Type: typ, Author: "storetest", Cause: "cause",
		Time: time.Date(2024, 2, 29, 23, 59, n%60, 123456789, time.UTC),
		Key:  []byte{0, 0xff, byte(n)}, Data: fmt.Appendf(nil, `{"n":%d}`, n),
		Headers: []brook.Header{{Key: "h", Value: []byte("1")}, {Key: "h", Value: []byte{}},
			{Key: "", Value: []byte{0}}},
	}
}

func events(typ string, from, to int) (all []*brook.HistoryEntry) {
	for n := from; n < to; n++ {
		all = append(all, event(typ, n))
	}
	return all
}

func show(v any) string {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("%.40q", v)
	case *doc:
		return fmt.Sprintf("%+v", *v)
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}

func showHistory(h []*brook.HistoryEntry) string {
	var ids []string
	for _, e := range h {
		ids = append(ids, e.ID)
	}
	return fmt.Sprint(ids)
}
