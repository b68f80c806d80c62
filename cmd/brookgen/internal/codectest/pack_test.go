package codectest

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/brookgen/brookgen/runtime/pack"
)

// roundTrip holds that reading what was written gives what a copy would be, and shares nothing with
// the bytes.
func roundTrip[T any](t *testing.T, src *T,
	code func(*pack.Coder, *T), clone func(dst, src any) error) []byte {
	t.Helper()
	var want, got T
	if err := clone(&want, src); err != nil {
		t.Fatal(err)
	}
	data, err := pack.Append([]byte("before"), src, code)
	if err != nil {
		t.Fatal(err)
	}
	again, err := pack.Append(nil, &want, code)
	if err != nil || string(data) != "before"+string(again) {
		t.Fatalf("a value and its copy are written differently: %v\n%x\n%x", err, data[6:], again)
	}
	if err := pack.Decode(again, &got, code); err != nil {
		t.Fatal(err)
	}
	for i := range again {
		again[i] = 0xff
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("\n got %+v\nwant %+v", got, want)
	}
	return data[6:]
}

// TestPackRandom writes and reads random values of every kind, through the schema too.
func TestPackRandom(t *testing.T) {
	g := newGenerator(7)
	schema, err := pack.ParseSchema(everythingSchema)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := pack.ParseSchema(everythingSchema)
	if err != nil {
		t.Fatal(err)
	}
	same, err := pack.NewTranscoder(schema, twin)
	if err != nil {
		t.Fatal(err)
	}
	for range rounds(1000) {
		var v Everything
		g.fill(reflect.ValueOf(&v).Elem(), 4)
		data := roundTrip(t, &v, packEverything, cloneEverything)
		if got, err := same.Append(nil, data); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("transcoded into its own shape it is %x, %v", got, err)
		}
	}
	for range rounds(1000) {
		var v Stored
		g.fill(reflect.ValueOf(&v).Elem(), 4)
		roundTrip(t, &v, packStored, cloneStored)
	}
}

// TestPackEdges writes what random values have rarely.
func TestPackEdges(t *testing.T) {
	roundTrip(t, &Everything{}, packEverything, cloneEverything)
	n := new(int)
	inner := &n
	var none *int
	var free any = []any{}
	pointer := &free
	v := Everything{Ptrs: []***int{nil, &inner, new(**int), ptr(&none)}, AnyPtr: &pointer,
		SlicePtrs: []*[]string{nil, new([]string), {}, {""}},
		Batch:     Batch{}, Index: new(Index), RawMap: map[Digits][]byte{"1": nil, "2": {}}}
	v.Basics.String = string(bytes.Repeat([]byte("long"), 20_000))
	v.Special.Bytes = make([]byte, 70_000)
	v.Containers.Strings = make([]string, 70_000)
	v.Containers.ByID = map[int64]*Item{}
	for i := range 70_000 {
		v.Containers.ByID[int64(i)*-7] = nil
	}
	v.Marshalers.Big = *new(big.Int).Lsh(big.NewInt(1), 3000)
	roundTrip(t, &v, packEverything, cloneEverything)
}

func ptr[T any](v T) *T { return &v }

// TestPackCycles writes values that contain themselves.
func TestPackCycles(t *testing.T) {
	tree := &Tree{Name: "a"}
	tree.Left, tree.Right = tree, tree
	tree.ByName = map[string]*Tree{"self": tree}
	loop := map[string]any{}
	loop["self"] = []any{loop, loop}
	for _, v := range []*Stored{{Tree: tree}, {Any: loop}, {Object: loop}} {
		if got, err := pack.Append([]byte("before"), v, packStored); err == nil ||
			string(got) != "before" {
			t.Errorf("a cycle was written: %.20q, %v", got, err)
		}
	}
}

// TestPackDamaged reads damaged bytes: that fails or gives some value, and takes little.
func TestPackDamaged(t *testing.T) {
	g := newGenerator(8)
	r := rand.New(rand.NewPCG(8, 8))
	for range rounds(300) {
		var v Everything
		g.fill(reflect.ValueOf(&v).Elem(), 3)
		data, err := pack.Append(nil, &v, packEverything)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			damaged(t, r, bytes.Clone(data))
		}
	}
}

func damaged(t *testing.T, r *rand.Rand, data []byte) {
	t.Helper()
	for range 1 + r.IntN(3) {
		switch r.IntN(3) {
		case 0:
			data[r.IntN(len(data))] = byte(r.Uint32())
		case 1:
			data[r.IntN(len(data))] = byte(0xc0 + r.IntN(0x40))
		case 2:
			data = data[:1+r.IntN(len(data))]
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var got, again Everything
	if err := pack.Decode(data, &got, packEverything); err == nil {
		if out, err := pack.Append(nil, &got, packEverything); err != nil {
			t.Errorf("read but not written: %v", err)
		} else if err := pack.Decode(out, &again, packEverything); err != nil {
			t.Errorf("written but not read: %v", err)
		}
	} else if len(err.Error()) > 1000 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20+200*uint64(len(data)) {
		t.Errorf("%d bytes take %d", len(data), used)
	}
}

// TestPackHostile reads what is meant to hurt.
func TestPackHostile(t *testing.T) {
	deep := func(b string) []byte { return bytes.Repeat([]byte(b), 1_000_000) }
	for name, data := range map[string][]byte{
		"forest":       deep("\x91"),
		"any":          deep("\x91"),
		"maps":         deep("\x81\xa0"),
		"long array":   {0xdd, 0xff, 0xff, 0xff, 0xff, 0},
		"long map":     {0xdf, 0xff, 0xff, 0xff, 0xff, 0, 0},
		"long string":  {0xdb, 0xff, 0xff, 0xff, 0xff, 'x'},
		"long binary":  {0xc6, 0xff, 0xff, 0xff, 0xff, 'x'},
		"long ext":     {0xc9, 0xff, 0xff, 0xff, 0xff, 1},
		"short header": {0xdd, 0xff},
		"nothing":      {},
		"many nils": append([]byte{0xdd, 0, 0x0f, 0x42, 0x3f},
			bytes.Repeat([]byte{0xc0}, 999_998)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		errs := []error{
			pack.Decode(data, new(Forest), packForest),
			pack.Decode(data, new(any), (*pack.Coder).Any),
			pack.Decode(data, new(Tree), packTree),
			pack.Decode(data, new(Index), packIndex),
			pack.Decode(data, new(string), (*pack.Coder).String),
			pack.Decode(data, new([]byte), (*pack.Coder).Bytes),
			pack.Decode(data, new(Everything), packEverything),
		}
		for i, err := range errs {
			if err == nil {
				t.Errorf("%s: read as type %d", name, i)
			}
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 250<<20 {
			t.Errorf("%s: %d MB", name, used>>20)
		}
	}
}

// FuzzPack reads any bytes.
func FuzzPack(f *testing.F) {
	g := newGenerator(9)
	for range 10 {
		var v Stored
		g.fill(reflect.ValueOf(&v).Elem(), 3)
		data, err := pack.Append(nil, &v, packStored)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, copied Stored
		if pack.Decode(data, &v, packStored) != nil {
			return
		}
		out, err := pack.Append(nil, &v, packStored)
		if err != nil {
			t.Fatal(err)
		}
		if err := pack.Decode(out, &copied, packStored); err != nil {
			t.Fatal(err)
		}
		again, err := pack.Append(nil, &copied, packStored)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%x and %x, %v", again, out, err)
		}
	})
}
