package prooftest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/key"
)

// What the loader generates elsewhere.
var (
	rowDef    = collection[string, Row]("rows", "string", nil, key.AppendString[string])
	lineDef   = collection[LineKey, Line]("lines", "string int64", nil, appendLine)
	pairDef   = collection[PairKey, Pair]("pairs", "string string", nil, appendPair)
	tripleDef = collection[TripleKey, Triple]("triples", "string string int64", []int{2, 1}, appendTriple)
	leafDef   = collection[TripleKey, Leaf]("leaves", "string string int64", []int{2, 1}, appendTriple)
	countDef  = collection[int64, Count]("counts", "int64", nil, key.AppendInt[int64])
	orderDef  = collection[OrderID, Order]("orders", "string", nil, key.AppendString[OrderID])
	markDef   = collection[MarkKey, Mark]("marks", "bytes4", nil, func(dst []byte, k MarkKey) []byte { return append(dst, k[:]...) })
)

// keysOf is where views find what was encoded once.
var keysOf = map[string]any{}

// A definition is what the tests know of a collection.
type definition[K comparable, V any] struct {
	*brook.Collection
	AppendKey func(dst []byte, k K) []byte
}

func collection[K comparable, V any](name string, shape key.Shape, fields []int, encode func([]byte, K) []byte) definition[K, V] {
	return definition[K, V]{
		&brook.Collection{Name: name, Shape: shape, Fields: fields, Plain: true,
			Cast: func(v any) any {
				if at, ok := v.(*V); ok {
					return at
				}
				return new(V)
			}},
		func(dst []byte, k K) []byte {
			out := encode(dst, k)
			keysOf[name+string(out[len(dst):])] = k
			return out
		}}
}

// A view is one as the generator makes them.
type view[K comparable, V any] struct {
	at  *brook.RowReader
	def definition[K, V]
}

func viewOf[K comparable, V any](s brook.Source, number int, def definition[K, V]) brook.View[K, V] {
	return view[K, V]{brook.RowReaderOf(s, number, def.Collection), def}
}

func (v view[K, V]) Get(k K) (value V, err error) {
	row, end := v.at.Get(v.def.AppendKey(brook.KeyBuffer(), k))
	if at, ok := row.(*V); ok {
		value = *at
	}
	return value, end.End()
}

func (v view[K, V]) Lookup(k K) (value V, present bool, err error) {
	row, end := v.at.Lookup(v.def.AppendKey(brook.KeyBuffer(), k))
	at, present := row.(*V)
	if present {
		value = *at
	}
	return value, present, end.End()
}

func (v view[K, V]) Has(k K) (bool, error) { return v.at.Has(v.def.AppendKey(brook.KeyBuffer(), k)) }

func (v view[K, V]) Len() (int, error) { return v.at.Len() }

func (v view[K, V]) All() iter.Seq2[brook.Entry[K, V], error] { return v.entries(v.at.All()) }

func (v view[K, V]) Range(from, to K) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(v.at.Range(v.def.AppendKey(nil, from), v.def.AppendKey(nil, to)))
}

func (v view[K, V]) Prefix(k K, n int) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(v.at.Prefix(v.def.AppendKey(nil, k), n))
}

func (v view[K, V]) Page(page brook.Page[K]) iter.Seq2[brook.Entry[K, V], error] {
	return v.entries(brook.PageOf(v.at.All(), page, v.def.AppendKey))
}

func (v view[K, V]) entries(s *brook.Scan) iter.Seq2[brook.Entry[K, V], error] {
	return brook.ScanEntries[K, V](s, func(encoded []byte) (K, error) {
		return keysOf[v.def.Name+string(encoded)].(K), nil
	})
}

func appendLine(dst []byte, k LineKey) []byte {
	return key.AppendInt(key.AppendString(dst, k.ID), k.No)
}

func appendPair(dst []byte, k PairKey) []byte {
	return key.AppendString(key.AppendString(dst, k.Org), k.ID)
}

func appendTriple(dst []byte, k TripleKey) []byte {
	return key.AppendInt(appendPair(dst, k.Pair), k.No)
}

// A witness is a store that sees which keys a handler asks for, and whether they begin with its
// event's key.
type witness struct {
	rows   map[string][][]byte // by table, in order
	event  []byte
	strays []string
}

func (w *witness) see(what string, encoded []byte) {
	if !bytes.HasPrefix(encoded, w.event) {
		w.strays = append(w.strays, fmt.Sprintf("%s %q", what, encoded))
	}
}

func (w *witness) Get(_ context.Context, t brook.Table, encoded []byte) (brook.Value, error) {
	w.see("reads "+t.(string), encoded)
	if slices.ContainsFunc(w.rows[t.(string)], func(k []byte) bool { return bytes.Equal(k, encoded) }) {
		return value(t), nil
	}
	return brook.Value{}, brook.ErrNotFound
}

func (w *witness) Scan(_ context.Context, t brook.Table, from, to []byte) iter.Seq2[brook.Row, error] {
	w.see("scans "+t.(string)+" from", from)
	if end := key.Successor(w.event); to == nil || end != nil && bytes.Compare(to, end) > 0 {
		w.strays = append(w.strays, fmt.Sprintf("scans %s to %q", t, to))
	}
	return func(yield func(brook.Row, error) bool) {
		for _, k := range w.rows[t.(string)] {
			if bytes.Compare(k, from) >= 0 && (to == nil || bytes.Compare(k, to) < 0) && !yield(brook.Row{Key: k, Value: value(t)}, nil) {
				return
			}
		}
	}
}

func (w *witness) History(context.Context, brook.Table, []byte) iter.Seq2[*brook.HistoryEntry, error] {
	return func(func(*brook.HistoryEntry, error) bool) {}
}

func value(t brook.Table) brook.Value {
	return brook.Value{Data: map[string]any{"rows": &Row{N: 7}, "lines": &Line{}, "pairs": &Pair{}, "triples": &Triple{}, "leaves": &Leaf{}}[t.(string)], Shared: true}
}

// views gives what handlers read of w.
func (w *witness) views() map[reflect.Type]reflect.Value {
	defs := []*brook.Collection{rowDef.Collection, lineDef.Collection, pairDef.Collection, tripleDef.Collection, leafDef.Collection}
	src := engine.StaticSource(w, []brook.Table{"rows", "lines", "pairs", "triples", "leaves"}, defs...)
	return map[reflect.Type]reflect.Value{
		reflect.TypeFor[rows]():                          reflect.ValueOf(viewOf(src, 0, rowDef)),
		reflect.TypeFor[lines]():                         reflect.ValueOf(viewOf(src, 1, lineDef)),
		reflect.TypeFor[pairs]():                         reflect.ValueOf(viewOf(src, 2, pairDef)),
		reflect.TypeFor[brook.View[TripleKey, Triple]](): reflect.ValueOf(viewOf(src, 3, tripleDef)),
		reflect.TypeFor[brook.View[TripleKey, Leaf]]():   reflect.ValueOf(viewOf(src, 4, leafDef)),
	}
}

// fill stores rows by all the words.
func (w *witness) fill(words []string) {
	w.rows = map[string][][]byte{}
	for _, a := range words {
		w.rows["rows"] = append(w.rows["rows"], rowDef.AppendKey(nil, a))
		for n := range 4 {
			w.rows["lines"] = append(w.rows["lines"], lineDef.AppendKey(nil, LineKey{a, n}))
		}
		for _, b := range words {
			w.rows["pairs"] = append(w.rows["pairs"], pairDef.AppendKey(nil, PairKey{a, b}))
			w.rows["triples"] = append(w.rows["triples"], tripleDef.AppendKey(nil, TripleKey{PairKey{a, b}, 1}))
			w.rows["leaves"] = append(w.rows["leaves"], leafDef.AppendKey(nil, TripleKey{PairKey{a, b}, 1}))
		}
	}
	for _, rows := range w.rows {
		slices.SortFunc(rows, bytes.Compare)
	}
}

// events makes an event of each type, with its key.
func events(rnd *rand.Rand, words []string) map[reflect.Type]struct {
	event reflect.Value
	key   []byte
} {
	all := map[reflect.Type]struct {
		event reflect.Value
		key   []byte
	}{}
	add := func(event any, record, encoded []byte) {
		v := reflect.New(reflect.TypeOf(event)).Elem()
		v.Set(reflect.ValueOf(event))
		v.FieldByName("Key").SetBytes(slices.Clone(record))
		all[v.Type()] = struct {
			event reflect.Value
			key   []byte
		}{v, encoded}
	}
	word := func() string { return words[rnd.IntN(len(words))] }
	str := func(s string) []byte { return key.AppendString(nil, s) }
	p := Placed{ID: word(), Org: word(), N: rnd.Int64N(5), Tags: []string{word(), word()}}
	add(placed{Data: p}, []byte(p.ID), str(p.ID))
	m := Moved{word(), word(), word()}
	add(moved{Data: m}, []byte(m.Org+"/"+m.ID), appendPair(nil, PairKey{m.Org, m.ID}))
	c := Counted{N: rnd.Int64(), Small: int32(rnd.IntN(9))}
	add(brook.Event[Counted]{Data: c}, fmt.Append(nil, c.N), key.AppendInt(nil, c.N))
	s := Sized{N: rnd.Int()}
	add(brook.Event[Sized]{Data: s}, fmt.Append(nil, s.N), key.AppendInt(nil, s.N))
	h := Held{Base{word()}, word()}
	add(brook.Event[Held]{Data: h}, []byte(h.ID), str(h.ID))
	i := Inner{Base{word()}, word()}
	add(brook.Event[Inner]{Data: i}, []byte(i.At.ID), str(i.At.ID))
	pair := Paired{PairKey{word(), word()}, word()}
	add(brook.Event[Paired]{Data: pair}, []byte(pair.Key.Org+"/"+pair.Key.ID), appendPair(nil, pair.Key))
	three := Nested{TripleKey{PairKey{word(), word()}, 1}}
	add(brook.Event[Nested]{Data: three}, fmt.Appendf(nil, "%s/%s/1", three.At.Pair.Org, three.At.Pair.ID), appendTriple(nil, three.At))
	b := Behind{&Base{word()}}
	add(brook.Event[Behind]{Data: b}, []byte(b.At.ID), str(b.At.ID))
	n := Named{OrderID(word()), OrderID(word())}
	add(brook.Event[Named]{Data: n}, []byte(n.ID), str(string(n.ID)))
	w := Word(word())
	add(brook.Event[Word]{Data: w}, []byte(w), str(string(w)))
	st := Stamped{ID: [4]byte{byte(rnd.Int()), 2, 3, 4}, Other: [4]byte{9}}
	add(brook.Event[Stamped]{Data: st}, st.ID[:], st.ID[:])
	return all
}

// changes notes the keys of what a handler returned.
func (w *witness) changes(v reflect.Value) {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			w.changes(v.Index(i))
		}
		return
	}
	if _, timer := v.Interface().(interface{ Due() (time.Time, bool) }); timer {
		if data := v.MethodByName("Data").Call(nil); data[1].Bool() {
			w.see("sets a timer", keyOf(data[0].Interface()))
		}
		return
	}
	op, ok := v.Interface().(interface{ Op() brook.Op })
	if !ok || op.Op() == brook.OpDiscard {
		return
	}
	var encoded []byte
	switch k := v.MethodByName("Key").Call(nil)[0].Interface().(type) {
	case string:
		encoded = rowDef.AppendKey(nil, k)
	case OrderID:
		encoded = orderDef.AppendKey(nil, k)
	case LineKey:
		encoded = lineDef.AppendKey(nil, k)
	case PairKey:
		encoded = pairDef.AppendKey(nil, k)
	case TripleKey:
		encoded = tripleDef.AppendKey(nil, k)
	case int64:
		encoded = countDef.AppendKey(nil, k)
	case MarkKey:
		encoded = markDef.AppendKey(nil, k)
	default:
		panic(fmt.Sprintf("key of type %T", k))
	}
	w.see("writes", encoded)
	if op.Op() == brook.OpMerge || op.Op() == brook.OpModify {
		apply := v.MethodByName("Apply")
		apply.Call([]reflect.Value{reflect.Zero(apply.Type().In(0)), reflect.ValueOf(true)})
	}
}

// keyOf returns the key of an event that timers are set of.
func keyOf(data any) []byte {
	str := func(s string) []byte { return key.AppendString(nil, s) }
	switch e := data.(type) {
	case Placed:
		return str(e.ID)
	case Named:
		return str(string(e.ID))
	case Moved:
		return appendPair(nil, PairKey{e.Org, e.ID})
	case Paired:
		return appendPair(nil, e.Key)
	case Held:
		return str(e.ID)
	case Word:
		return str(string(e))
	case Behind:
		return str(e.At.ID)
	case Counted:
		return key.AppendInt(nil, e.N)
	}
	panic(fmt.Sprintf("a timer of type %T", data))
}

// What is proved never strays, whatever the event: its handlers are run, and every key that they
// touch is seen (rule 8).
func TestProvedHandlersNeverStray(t *testing.T) {
	proved, all := map[string]bool{}, map[string]bool{}
	for _, s := range handlers(t) {
		all[s.Name] = true
		for _, h := range s.Handlers {
			proved[s.Name] = len(h.Doubts) == 0 && h.Obstacle == ""
		}
	}
	rnd := rand.New(rand.NewPCG(3, 9))
	words := []string{"a", "b", "ab", "a/b", ""}
	strayed := 0
	for _, set := range sets {
		name := reflect.TypeOf(set).Name()
		if !all[name] {
			t.Errorf("%s is not known to the loader", name)
		}
		delete(all, name)
		handle := reflect.ValueOf(set).MethodByName("Handle")
		astray := map[string]bool{}
		for range 60 {
			w := &witness{}
			w.fill(words)
			e := events(rnd, words)[handle.Type().In(0)]
			w.event = e.key
			views := w.views()
			in := []reflect.Value{e.event}
			for i := 1; i < handle.Type().NumIn(); i++ {
				in = append(in, views[handle.Type().In(i)])
			}
			w.run(handle, in)
			for _, s := range w.strays {
				astray[s] = true
			}
		}
		if len(astray) > 0 {
			strayed++
		}
		if proved[name] && len(astray) > 0 {
			t.Errorf("%s is proved, and strays: %v", name, astray)
		}
	}
	for name := range all {
		t.Errorf("%s is not run", name)
	}
	if strayed < 60 {
		t.Errorf("%d handlers strayed: the test does not see much", strayed)
	}
}

// run calls a handler, which may panic, and what it gave.
func (w *witness) run(handle reflect.Value, in []reflect.Value) {
	defer func() {
		if p := recover(); p != nil && !strings.Contains(fmt.Sprint(p), "index out of range") && !strings.Contains(fmt.Sprint(p), "slice bounds") &&
			!strings.Contains(fmt.Sprint(p), "not found") && !strings.Contains(fmt.Sprint(p), "no value") {
			panic(p)
		}
	}()
	for _, out := range handle.Call(in) {
		w.changes(out)
	}
}
