package shapes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// table is a table of shapes that several processes write.
type table struct {
	brook.Reader
	mu    sync.Mutex
	rows  map[string]any
	scans int
	err   error // of scans
}

func (t *table) Scan(context.Context, brook.Table, []byte, []byte) iter.Seq2[brook.Row, error] {
	return func(yield func(brook.Row, error) bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.scans++
		for _, k := range slices.Sorted(maps.Keys(t.rows)) {
			if !yield(brook.Row{Key: []byte(k), Value: brook.Value{Data: t.rows[k]}}, nil) {
				return
			}
		}
		if t.err != nil {
			yield(brook.Row{}, t.err)
		}
	}
}

// commit writes what passes the checks: that there is no such row yet.
func (t *table) commit(writes []brook.Write, checks []brook.Check) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range checks {
		if _, there := t.rows[string(c.Key)]; there {
			return brook.ErrConflict
		}
	}
	for _, w := range writes {
		t.rows[string(w.Key)] = w.Value
	}
	return nil
}

// put records a shape as another process does.
func (t *table) put(collection string, number uint32, schema string) {
	key := binary.BigEndian.AppendUint32([]byte(collection+"\x00"), number)
	t.rows[string(key)] = []byte(schema)
}

// has returns the shapes of a collection in the store, as number=schema.
func (t *table) has(collection string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(t.rows)) {
		if number, ok := strings.CutPrefix(k, collection+"\x00"); ok {
			all = append(all, fmt.Sprintf("%d=%s", binary.BigEndian.Uint32([]byte(number)), t.rows[k]))
		}
	}
	return strings.Join(all, " ")
}

func newTable() *table { return &table{rows: map[string]any{}} }

// process returns the shapes of a process whose code has collections, as name=schema.
func process(t *table, collections ...string) *Shapes {
	var infos []schema.Collection
	for _, c := range collections {
		name, text, _ := strings.Cut(c, "=")
		infos = append(infos, schema.Collection{Name: name, Schema: text})
	}
	s := New("shop", t, infos)
	s.Table = "shapes"
	s.Reread = func() error { return s.Read(context.Background()) }
	return s
}

// of returns a process's shape of one of its collections.
func of(s *Shapes, collection string) *shape {
	i := slices.IndexFunc(s.collections, func(c schema.Collection) bool { return c.Name == collection })
	return s.Of(s.collections[i])
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantNumber(t *testing.T, s *Shapes, collection string, number uint64) {
	t.Helper()
	n, err := of(s, collection).Number()
	must(t, err)
	want(t, "number of "+collection, n, number)
}

// Each collection numbers its shapes from 1 on; code that comes with others, or with former ones,
// adds what is missing.
func TestNumbers(t *testing.T) {
	store := newTable()
	a := process(store, "carts={id string}", "users={id string}", "plain=")
	must(t, a.Record(t.Context(), store.commit))
	wantNumber(t, a, "carts", 1)
	wantNumber(t, a, "users", 1)
	want(t, "of a collection without a schema", store.has("plain"), "")

	b := process(store, "carts={id string,n int}", "users={id string}")
	must(t, b.Record(t.Context(), store.commit))
	wantNumber(t, b, "carts", 2)
	wantNumber(t, b, "users", 1)
	back := process(store, "carts={id string}")
	must(t, back.Record(t.Context(), store.commit))
	wantNumber(t, back, "carts", 1)
	want(t, "in the store", store.has("carts"), "1={id string} 2={id string,n int}")

	store.put("carts", 7, "{id string,n int}")
	store.put("carts", 9, "{id int}")
	must(t, b.Read(t.Context()))
	wantNumber(t, b, "carts", 2) // the lowest of its numbers
	c := process(store, "carts={}")
	must(t, c.Record(t.Context(), store.commit))
	wantNumber(t, c, "carts", 10)
}

// Nothing is written in a shape that has no number yet.
func TestNumberBeforeItIsRecorded(t *testing.T) {
	store := newTable()
	s := process(store, "carts={id string}")
	must(t, s.Read(t.Context()))
	c := of(s, "carts")
	if _, err := c.Number(); !errors.Is(err, brook.ErrPermanent) || !strings.Contains(err.Error(), "carts") {
		t.Errorf("the number of a shape that is not recorded: %v", err)
	}
	must(t, s.Record(t.Context(), store.commit))
	n, err := c.Number()
	must(t, err)
	want(t, "number once it is", n, 1)
	store.rows = map[string]any{}
	must(t, s.Read(t.Context()))
	n, err = c.Number()
	must(t, err)
	want(t, "a number is looked up once", n, 1)
}

// Two processes never use one number for two shapes: the commit of one of them fails, and its next
// try takes the next number.
func TestTwoWriters(t *testing.T) {
	store := newTable()
	a, b := process(store, "carts={id string}"), process(store, "carts={id string,n int}")
	must(t, a.Read(t.Context()))
	must(t, b.Read(t.Context()))
	first, check := a.Missing()
	second, checkToo := b.Missing()
	want(t, "both want the same number", string(first[0].Key), string(second[0].Key))
	must(t, store.commit(first, check))
	if err := store.commit(second, checkToo); !errors.Is(err, brook.ErrConflict) {
		t.Errorf("the second commit: %v", err)
	}
	must(t, b.Record(t.Context(), store.commit))
	must(t, a.Read(t.Context()))
	wantNumber(t, a, "carts", 1)
	wantNumber(t, b, "carts", 2)

	same := process(store, "carts={id string}") // which another process numbered since it read
	writes, _ := same.Missing()
	want(t, "missing", len(writes), 1)
	must(t, same.Record(t.Context(), store.commit))
	wantNumber(t, same, "carts", 1)
	want(t, "in the store", store.has("carts"), "1={id string} 2={id string,n int}")
}

// Record fails as its commit does. A commit whose answer was lost is found done by the next try,
// which records nothing twice.
func TestLostAnswer(t *testing.T) {
	store, lost := newTable(), errors.New("the answer was lost")
	s := process(store, "carts={id string}")
	err := s.Record(t.Context(), func(w []brook.Write, c []brook.Check) error {
		must(t, store.commit(w, c))
		return lost
	})
	want(t, "with the answer lost", err, lost)
	if _, err := of(s, "carts").Number(); err == nil {
		t.Error("a shape counts as recorded although the commit may have failed")
	}
	must(t, s.Record(t.Context(), func([]brook.Write, []brook.Check) error {
		t.Error("it is recorded twice")
		return nil
	}))
	wantNumber(t, s, "carts", 1)
}

// A scan that breaks off leaves what was known; a row that is none is an error that stays.
func TestHostileRows(t *testing.T) {
	store := newTable()
	s := process(store, "carts={id string}")
	must(t, s.Record(t.Context(), store.commit))
	store.put("carts", 2, "{id int}")
	store.err = errors.New("down")
	want(t, "broken off", s.Read(t.Context()), store.err)
	want(t, "recorded over a store that is down", s.Record(t.Context(), store.commit), store.err)
	store.err = nil
	want(t, "known", len(s.known["carts"]), 1)

	for key, value := range map[string]any{
		"":                              []byte("{}"),
		"carts":                         []byte("{}"),
		"carts\x00":                     []byte("{}"),
		"carts\x00\x00\x00\x01":         []byte("{}"),
		"carts\x00\x00\x00\x00\x00\x01": []byte("{}"),
		"carts\x00\x00\x00\x00\x01":     "{}",
		"users\x00\x00\x00\x00\x01":     nil,
	} {
		damaged := &table{rows: map[string]any{key: value}}
		err := process(damaged, "carts={id string}").Read(t.Context())
		if !errors.Is(err, brook.ErrPermanent) || !strings.Contains(err.Error(), "shop") {
			t.Errorf("%q with %v: %v", key, value, err)
		}
	}

	store.put("carts", 3, "{id str") // a schema that nobody can read harms its own values alone
	store.put("", 1, "{}")
	must(t, s.Read(t.Context()))
	c := of(s, "carts")
	if _, err := c.Upgrade(3, []byte("\x91\xa1x")); !errors.Is(err, brook.ErrUnreadable) {
		t.Errorf("a value of a damaged schema: %v", err)
	}
	got, err := c.Upgrade(1, []byte("\x91\xa1x"))
	must(t, err)
	want(t, "another value", string(got), "\x91\xa1x")
}

// Values of the present shape stay the same bytes, under whichever number; others are rewritten.
func TestUpgrade(t *testing.T) {
	store := newTable()
	store.put("carts", 1, "{id string}")
	store.put("carts", 4, "{id string,n int}")
	store.put("carts", 5, "{id string,n int}")
	s := process(store, "carts={id string,n int}")
	must(t, s.Record(t.Context(), store.commit))
	c := of(s, "carts")
	now := []byte("\x92\xa1x\x07")
	for _, number := range []uint64{4, 5} { // before and after its number is looked up
		got, err := c.Upgrade(number, now)
		must(t, err)
		want(t, "bytes", &got[0], &now[0])
		_, err = c.Number()
		must(t, err)
	}
	for range 2 { // looked up, and known
		got, err := c.Upgrade(1, []byte("\x91\xa1x"))
		must(t, err)
		want(t, "an earlier value", fmt.Sprintf("%x", got), "92a178c0")
	}
	_, err := c.Upgrade(1, []byte("\xc1"))
	if !errors.Is(err, brook.ErrUnreadable) || !strings.Contains(err.Error(), "carts, in its shape 1") {
		t.Errorf("a damaged value: %v", err)
	}
}

// A shape of a later version is looked up when a value of it is met. If nobody recorded it, the
// value may be readable at the next try: newer code records before it writes.
func TestShapesOfLaterVersions(t *testing.T) {
	store := newTable()
	s := process(store, "carts={id string}")
	must(t, s.Record(t.Context(), store.commit))
	c := of(s, "carts")
	value := []byte("\x92\xa1x\x07")
	_, err := c.Upgrade(2, value)
	if !errors.Is(err, ErrUnknown) || errors.Is(err, brook.ErrUnreadable) {
		t.Errorf("a shape that nobody recorded: %v", err)
	}
	later := process(store, "carts={id string,n int}")
	must(t, later.Record(t.Context(), store.commit))
	scans := store.scans
	for range 3 {
		got, err := c.Upgrade(2, value)
		must(t, err)
		want(t, "a later value", string(got), "\x91\xa1x")
	}
	want(t, "it is looked up once", store.scans, scans+1)
	want(t, "it is kept", len(c.olds), 1)

	s.Reread = func() error { return errors.New("down") }
	_, err = c.Upgrade(3, value)
	if err == nil || errors.Is(err, ErrUnknown) || errors.Is(err, brook.ErrUnreadable) {
		t.Errorf("without an answer: %v", err)
	}
	s.Reread = nil
	if _, err = c.Upgrade(3, value); !errors.Is(err, ErrUnknown) {
		t.Errorf("without others that record shapes: %v", err)
	}
}

// Lost says which values can't be read any more, and no word of those that can.
func TestLost(t *testing.T) {
	store := newTable()
	store.put("carts", 1, "{id string}")
	store.put("carts", 2, "{id int}")
	store.put("carts", 3, "{id str")
	store.put("former", 1, "{id str")
	s := process(store, "carts={id string,n int}", "users={}", "plain=")
	must(t, s.Record(t.Context(), store.commit))
	lost := s.Lost()
	if len(lost) != 2 || !strings.HasPrefix(lost[0], "values of carts: id: ") ||
		!strings.HasPrefix(lost[1], "shape 3 of carts: ") {
		t.Errorf("lost: %q", lost)
	}
}

// Codecs read and number values from any goroutine, while shapes are read again.
func TestConcurrentUse(t *testing.T) {
	store := newTable()
	store.put("carts", 1, "{id string}")
	s := process(store, "carts={id string,n int}")
	must(t, s.Record(t.Context(), store.commit))
	c := of(s, "carts")
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 50 {
				if n, err := c.Number(); n != 2 || err != nil {
					t.Error(n, err)
				}
				if got, err := c.Upgrade(1, []byte("\x91\xa1x")); len(got) != 4 || err != nil {
					t.Error(got, err)
				}
				if err := s.Read(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
}
