package wire

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// renamedValue has fields a (once b, before that c) and d (once e), and an inner one.
type renamedValue struct {
	a, d  int
	inner *renamedValue
	order []int // in which the fields were decoded
}

var (
	renamedNames = []string{"a", "d", "inner", "b", "c", "e", "was"}
	renamedOlds  = []int{0, 0, 1, 2}
)

func decodeRenamedValue(d *Decoder, v *renamedValue) {
	var at [4]int
	r := Renamed{Names: renamedNames, Olds: renamedOlds, At: at[:]}
	for i := d.ObjectRenamed(&r); i >= 0; i = d.NextRenamed(&r, i) {
		v.order = append(v.order, i)
		switch i {
		case 0:
			d.Int(&v.a)
		case 1:
			d.Int(&v.d)
		case 2:
			DecodePointer(d, &v.inner, decodeRenamedValue)
		}
	}
}

// TestRenamed: old names are read last, each field once at most, and where they stand does not
// matter.
func TestRenamed(t *testing.T) {
	for _, c := range []struct {
		text  string
		a, d  int
		order []int
	}{
		{`{}`, 0, 0, nil},
		{`null`, 0, 0, nil},
		{`{"a":1,"d":2}`, 1, 2, []int{0, 1}},
		{`{"b":1,"e":2}`, 1, 2, []int{0, 1}},
		{`{"e":2,"x":{"b":[7]},"c":1}`, 1, 2, []int{0, 1}},
		{` { "c" : 3 , "b" : 1 , "d" : 2 } `, 1, 2, []int{1, 0}},
		{`{"b":1,"b":3}`, 3, 0, []int{0}},
		{`{"b":{"not":"a number"},"a":1}`, 1, 0, []int{0}},
		{`{"a":null,"b":1}`, 0, 0, []int{0}},
		{`{"b":null,"c":1}`, 0, 0, []int{0}},
		{`{"B":1,"\u0065":2}`, 1, 2, []int{0, 1}},
	} {
		var v renamedValue
		d := NewDecoder([]byte(c.text))
		decodeRenamedValue(d, &v)
		if err := d.Finish(); err != nil || v.a != c.a || v.d != c.d || !slices.Equal(v.order, c.order) {
			t.Errorf("%s: %+v, %v", c.text, v, err)
		}
	}
}

// TestRenamedWithin: what stands under an old name may have old names in its turn, and the text
// goes on behind it.
func TestRenamedWithin(t *testing.T) {
	var v renamedValue
	d := NewDecoder([]byte(`{"was":{"was":{"c":1,"e":2},"b":3},"inner2":0,"d":4}`))
	decodeRenamedValue(d, &v)
	if err := d.Finish(); err != nil || v.d != 4 || v.inner.a != 3 || v.inner.inner.a != 1 ||
		v.inner.inner.d != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	for text, want := range map[string]string{
		`{"was":{"b":"x"},"d":4}`:    `json: was.b: found string "x" at byte 12, expected an integer of the size of int`,
		`{"was":{"b":1},"d":4`:       `json: d: found the end of the data at byte 20, expected , or }`,
		`{"was":{"b":1,},"d":4}`:     `json: was: found '}' at byte 14, expected a key`,
		`{"b":1}}`:                   `json: found '}' at byte 7, expected the end of the data`,
		`{"e":"x","b":"y","was":{}}`: `json: b: found string "y" at byte 13, expected an integer of the size of int`,
	} {
		d := NewDecoder([]byte(text))
		decodeRenamedValue(d, new(renamedValue))
		if err := d.Finish(); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestRenamedDepth: what stands under an old name nests as deep as elsewhere, and no deeper.
func TestRenamedDepth(t *testing.T) {
	deep := func(name string, n int) []byte {
		var text []byte
		for range n {
			text = append(text, `{`+strconv.Quote(name)+`:`...)
		}
		text = append(text, "null"...)
		for range n {
			text = append(text, '}')
		}
		return text
	}
	for _, name := range []string{"was", "inner"} {
		for n, fine := range map[int]bool{maxDepth: true, maxDepth + 1: false} {
			d := NewDecoder(deep(name, n))
			decodeRenamedValue(d, new(renamedValue))
			if err := d.Finish(); (err == nil) != fine {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
			if d.skipped > 3*len(d.data) {
				t.Errorf("%s, %d deep: %d bytes were skipped of %d", name, n, d.skipped, len(d.data))
			}
		}
	}
}

// TestRenamedDeepAndWrong: what is wrong is found where the text is skipped for the first time, and
// values between containers whose ends are known are read.
func TestRenamedDeepAndWrong(t *testing.T) {
	const levels = 2000
	deep := func(core string) []byte {
		return []byte(strings.Repeat(`{"x":"}{","was":`, levels) + core + strings.Repeat(`,"e":7}`, levels))
	}
	var v renamedValue
	d := NewDecoder(deep(`{"b":5}`))
	decodeRenamedValue(d, &v)
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	inner := &v
	for range levels {
		if inner.d != 7 {
			t.Fatalf("d is %d", inner.d)
		}
		inner = inner.inner
	}
	if inner.a != 5 || d.ends == nil {
		t.Errorf("a is %d, and %d ends were noted", inner.a, len(d.ends))
	}
	for _, core := range []string{`{"b":05}`, `{"b":"x"}`, `[`, `{"b":1]`} {
		d := NewDecoder(deep(core))
		decodeRenamedValue(d, new(renamedValue))
		if err := d.Finish(); err == nil {
			t.Errorf("%s is taken", core)
		}
	}
}

func TestRenamedDoesNotAllocate(t *testing.T) {
	text := []byte(`{"b":1,"x":[1,2],"e":2}`)
	var v renamedValue
	v.order = make([]int, 0, 2)
	if n := testing.AllocsPerRun(100, func() {
		d := BorrowDecoder(text)
		v.order = v.order[:0]
		decodeRenamedValue(d, &v)
		if d.Finish() != nil {
			t.Fail()
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestComplete reports an object that is there, or the whole text that is null.
func TestComplete(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true, `{"a":1}`: true, `null`: true, ` null `: true, `{"inner":{}}`: true,
		`{`: false, `{"a":"x"}`: false, `1`: false,
	} {
		d := NewDecoder([]byte(text))
		decodeRenamedValue(d, new(renamedValue))
		if got := d.Complete(); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	d := NewDecoder([]byte(`{"a":null}`))
	d.Object([]string{"a"})
	if d.Object([]string{"b"}); d.Complete() {
		t.Error("null within another object counts as an object")
	}
}
