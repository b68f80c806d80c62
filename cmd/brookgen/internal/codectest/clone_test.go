package codectest

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"
)

func TestCloneKeeps(t *testing.T) {
	n := 7
	src := Stored{
		ID: "1", Tags: []string{}, Items: []Item{{Name: "a", Tags: []string{"x"}}},
		ByName: map[string]int{"a": 1}, Deep: map[string][]Item{"d": {{Count: 2}}, "nil": nil},
		Ptr: &n, ItemPtr: &Item{Name: "p"}, Arr: [2][]int{{1}, nil}, Flat: [2]int{1, 2},
		At: time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC),
		Any: []any{1, int8(2), "s", nil, map[string]any{"k": uint16(3)}, []string{"x"},
			Item{Name: "i"}, json.Number("5")}, Raw: json.RawMessage("[1]"), Blob: []byte{},
		BigPtr: big.NewInt(99),
		URL:    &url.URL{Scheme: "https", Host: "h", User: url.UserPassword("u", "p")},
		Addr:   netip.MustParseAddr("10.0.0.1"), Tree: &Tree{Left: &Tree{}},
		Skipped: "gone", hidden: 5, Opaque: Opaque{[]string{"kept"}}, Half: Half{"seen",
			map[string]int{}}, Base: Base{ID: 3}, Extra: &Extra{Size: &n}, lower: lower{"v", 1},
	}
	src.Big.SetString("123456789012345678901234567890", 10)
	want := src
	want.Any = []any{1.0, 2.0, "s", nil, map[string]any{"k": 3.0}, []any{"x"},
		map[string]any{"name": "i", "count": 0.0, "tags": nil}, 5.0}
	want.Skipped, want.hidden, want.Half.cache, want.lower.unseen = "", 0, nil, 0
	dst := Stored{Skipped: "old", Tags: []string{"old"}}
	if err := cloneStored(&dst, &src); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(dst, want) {
		t.Errorf("\n got %+v\nwant %+v", dst, want)
	}
	shared(t, "Stored", reflect.ValueOf(dst), reflect.ValueOf(src))
}

// shared fails where two values of one shape share memory.
func shared(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	if a.Kind() != b.Kind() {
		return
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if a.IsNil() || a.Type() == reflect.TypeFor[*time.Location]() {
			return
		}
		if a.UnsafePointer() == b.UnsafePointer() && (a.Kind() != reflect.Slice || a.Len() > 0) {
			t.Errorf("%s is shared", path)
		}
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		shared(t, path, a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		for i := range a.Len() {
			shared(t, path+"[]", a.Index(i), b.Index(i))
		}
	case reflect.Map:
		for _, k := range a.MapKeys() {
			shared(t, path+"{}", a.MapIndex(k), b.MapIndex(k))
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type() != reflect.TypeFor[netip.Addr]() {
				shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
}

// TestCloneRandom copies random values: a copy encodes as its source does, and copying it again
// changes nothing.
func TestCloneRandom(t *testing.T) {
	t.Parallel()
	g := newGenerator(4)
	for range rounds(2000) {
		var src, dst, again Stored
		g.fill(reflect.ValueOf(&src).Elem(), 3)
		if err := cloneStored(&dst, &src); err != nil {
			t.Fatal(err)
		}
		shared(t, "Stored", reflect.ValueOf(dst), reflect.ValueOf(src))
		if err := cloneStored(&again, &dst); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, dst) {
			t.Fatalf("\n got %+v\nwant %+v", again, dst)
		}
		want, _ := json.Marshal(&src)
		if got, _ := json.Marshal(&dst); src.Any == nil && src.Object == nil &&
			string(got) != string(want) {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
	}
}

// TestCloneTime holds what stores keep of a time.
func TestCloneTime(t *testing.T) {
	tokyo := time.FixedZone("Tokyo", 9*3600)
	for _, at := range []time.Time{time.Now(), time.Now().UTC(), time.Now().In(tokyo), {},
		time.Now().In(time.FixedZone("zero", 0))} {
		var dst Stored
		if err := cloneStored(&dst, &Stored{At: at}); err != nil {
			t.Fatal(err)
		}
		_, offset := at.Zone()
		_, got := dst.At.Zone()
		if !dst.At.Equal(at) || got != offset || offset == 0 && dst.At.Location() != time.UTC ||
			dst.At != dst.At.Round(0) {
			t.Errorf("%v became %v", at, dst.At)
		}
	}
}
