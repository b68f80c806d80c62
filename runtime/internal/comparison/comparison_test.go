package comparison

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/pack"
)

// item is a row of the code.
type item struct {
	name  string
	count int
}

var items = &brook.Collection{
	Name: "items", Shape: "string", Schema: "{name string,count int}",
	Cast: func(v any) any {
		if v, ok := v.(*item); ok {
			return v
		}
		return new(item)
	},
	Pack: func(c *pack.Coder, v any) {
		c.Struct(2)
		c.String(&v.(*item).name)
		c.Int(&v.(*item).count)
	},
}

// schemas are those that values of the live views were written in, by number.
var schemas = map[uint64]string{
	1: "{name string}", 2: "{count int64,name string}", 3: "{count string}", 4: items.Schema,
}

// rig has a store with the two generations.
type rig struct {
	t     *testing.T
	store *mapstore.Store
	Comparison
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s := mapstore.New()
	r := &rig{t: t, store: s, Comparison: Comparison{
		Collections: []*brook.Collection{items}, Reader: s.Latest(),
	}}
	table := func(name string) brook.Table {
		table, err := s.Table(t.Context(), brook.TableSpec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	for name, rows := range map[string]*Rows{"live": &r.Live, "rebuilt": &r.Rebuilt} {
		rows.Tables = []brook.Table{table(name)}
		rows.Shapes = shapes.New("app", s.Latest(), nil)
		rows.Shapes.Table = table(name + "/shapes")
		for number, schema := range schemas {
			k := binary.BigEndian.AppendUint32(append([]byte("items"), 0), uint32(number))
			r.put(rows.Shapes.Table, k, []byte(schema))
		}
		if err := rows.Shapes.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) put(table brook.Table, k []byte, v any) {
	r.t.Helper()
	b := &brook.Batch{Writes: []brook.Write{{Table: table, Key: k, Value: v}}}
	if err := r.store.Commit(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
}

// row puts a row: an *item, or bytes.
func (r *rig) row(in Rows, id string, v any) {
	r.t.Helper()
	r.put(in.Tables[0], key.AppendString(nil, id), v)
}

func (r *rig) run() brook.CollectionDiff {
	r.t.Helper()
	all, err := r.Run(r.t.Context())
	if err != nil || len(all) != 1 {
		r.t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

// encoded returns a value as a store of bytes has it.
func encoded(number uint64, value string) []byte {
	return append(binary.AppendUvarint(nil, number), value...)
}

func TestComparison(t *testing.T) {
	r := newRig(t)
	for _, in := range []Rows{r.Live, r.Rebuilt} {
		r.row(in, "same", &item{"s", 1})
	}
	r.row(r.Live, "gone", &item{"g", 1})
	r.row(r.Rebuilt, "new", &item{"n", 1})
	r.row(r.Live, "other", &item{"a", 1})
	r.row(r.Rebuilt, "other", &item{"b", 1})
	r.row(r.Live, "both", &item{"a", 1})
	r.row(r.Rebuilt, "both", &item{"b", 2})
	d := r.run()
	if d.Same != 1 || d.Added != 1 || d.Removed != 1 || d.Changed != 2 ||
		!maps.Equal(d.Fields, map[string]int{"name": 2, "count": 1}) {
		t.Errorf("%v", d)
	}
	var lines []string
	for _, s := range d.Samples {
		lines = append(lines, s.String())
	}
	want := `"both": {"name":"a","count":1} → {"name":"b","count":2}
"gone": {"name":"g","count":1} → no row
"new": no row → {"name":"n","count":1}
"other": {"name":"a","count":1} → {"name":"b","count":1}`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("samples:\n%s", got)
	}
}

// Values of earlier shapes are compared as the code reads them, and shown as they were written.
func TestComparisonOfEarlierShapes(t *testing.T) {
	r := newRig(t)
	r.row(r.Live, "short", encoded(1, "\x91\xa1s"))
	r.row(r.Rebuilt, "short", encoded(4, "\x92\xa1s\x00"))
	r.row(r.Live, "turned", encoded(2, "\x92\x07\xa1t"))
	r.row(r.Rebuilt, "turned", encoded(4, "\x92\xa1t\x07"))
	r.row(r.Live, "set", encoded(1, "\x91\xa1s"))
	r.row(r.Rebuilt, "set", encoded(4, "\x92\xa1s\x05"))
	r.row(r.Live, "text", encoded(3, "\x91\xa1x"))
	r.row(r.Rebuilt, "text", encoded(4, "\x92\xa1s\x05"))
	r.row(r.Live, "gone", encoded(3, "\x91\xa1x"))
	d := r.run()
	if d.Same != 2 || d.Changed != 2 || d.Removed != 1 ||
		!maps.Equal(d.Fields, map[string]int{"count": 1, "": 1}) {
		t.Errorf("%v", d)
	}
	for _, s := range d.Samples {
		switch s.Key {
		case `"set"`:
			if s.Live != `{"name":"s"}` || s.Unreadable != "" {
				t.Errorf("%+v", s)
			}
		case `"text"`, `"gone"`:
			if s.Live != `{"count":"x"}` || !strings.Contains(s.Unreadable, "count") {
				t.Errorf("%+v", s)
			}
		}
	}
}

// Values that are not readable at all are shown as such.
func TestComparisonOfDamage(t *testing.T) {
	r := newRig(t)
	r.row(r.Live, "other type", &struct{}{})
	r.row(r.Live, "empty", []byte{})
	r.row(r.Rebuilt, "empty", encoded(4, "\x92\xa1s\x05"))
	d := r.run()
	if d.Removed != 1 || d.Changed != 1 || len(d.Samples) != 2 {
		t.Errorf("%v", d)
	}
	for _, s := range d.Samples {
		if s.Unreadable == "" || s.Live != "" {
			t.Errorf("%+v", s)
		}
	}
	r.row(r.Live, "unknown shape", encoded(9, "\xc0"))
	if _, err := r.Run(t.Context()); !errors.Is(err, brook.ErrPermanent) ||
		!strings.Contains(err.Error(), "items") {
		t.Errorf("unknown shape: %v", err)
	}
}

// Samples are bounded, counts are not.
func TestComparisonSamples(t *testing.T) {
	r := newRig(t)
	for n := range 3 * brook.DiffSamples {
		id := fmt.Sprintf("%03d", n)
		r.row(r.Live, "gone"+id, &item{})
		r.row(r.Rebuilt, "new"+id, &item{})
		r.row(r.Live, "other"+id, &item{count: 1})
		r.row(r.Rebuilt, "other"+id, &item{count: 2})
	}
	d := r.run()
	if d.Removed != 30 || d.Added != 30 || d.Changed != 30 || d.Fields["count"] != 30 {
		t.Errorf("%v", d)
	}
	if len(d.Samples) != 3*brook.DiffSamples {
		t.Errorf("%d samples", len(d.Samples))
	}
}

// What people see of rows with pii is masked. Of rows that other code wrote they see what the code
// knows, and nothing of one that it can't read.
func TestComparisonOfPII(t *testing.T) {
	r := newRig(t)
	hidden := *items
	hidden.PII = []string{"name"}
	r.Collections = []*brook.Collection{&hidden}
	r.row(r.Live, "a", &item{"secret", 1})
	r.row(r.Rebuilt, "a", &item{"secret too", 1})
	r.row(r.Live, "earlier", encoded(1, "\x91\xa1s"))
	r.row(r.Rebuilt, "earlier", encoded(4, "\x92\xa1t\x05"))
	r.row(r.Live, "unreadable", encoded(3, "\x91\xa1x"))
	var lines []string
	for _, s := range r.run().Samples {
		lines = append(lines, s.String()+fmt.Sprint(s.Fields))
	}
	want := `"a": {"name":"***","count":1} → {"name":"***","count":1}[name]
"earlier": {"name":"***","count":0} → {"name":"***","count":5}[name count]
"unreadable": "***" → no row (pack: count: it does not fit (what it holds is not shown, as rows have pii))[]`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("samples:\n%s", got)
	}
}
