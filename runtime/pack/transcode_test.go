package pack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// evolution makes shapes, values of them as plain data (structs are map[string]any, integers
// int64), and later shapes.
type evolution struct {
	*rand.Rand
	names int
}

// name returns a field name that no field had before.
func (e *evolution) name() string {
	e.names++
	return fmt.Sprint("f", e.names)
}

func basic(word string) *node {
	b := basics[word]
	return &node{kind: b.kind, len: b.size, text: word}
}

func (e *evolution) shape(depth int) *node {
	words := []string{"bool", "int8", "int16", "int32", "int64", "uint8", "uint32", "float32",
		"float64", "string", "any"}
	if depth == 0 {
		return basic(words[e.IntN(len(words))])
	}
	switch e.IntN(8) {
	case 0:
		return &node{kind: kindPointer, elem: e.shape(depth - 1)}
	case 1, 2:
		return list(-1, e.shape(depth-1))
	case 3:
		return list(e.IntN(3), e.shape(depth-1))
	case 4:
		return &node{kind: kindMap, key: basic([]string{"string", "int16"}[e.IntN(2)]),
			elem: e.shape(depth - 1)}
	case 5:
		return e.shape(0)
	}
	n := &node{kind: kindStruct}
	for range e.IntN(5) {
		n.fields = append(n.fields, field{name: e.name(), typ: e.shape(depth - 1)})
	}
	return n
}

// list is a slice, or an array of length elements.
func list(length int, elem *node) *node {
	n := &node{kind: kindSlice, len: length, elem: elem}
	if length >= 0 {
		n.kind = kindArray
	}
	if elem.kind == kindUint && elem.len == 8 {
		n.kind = kindBytes
	}
	return n
}

// later returns a shape that n may have become.
func (e *evolution) later(n *node) *node {
	switch e.IntN(12) {
	case 0:
		return &node{kind: kindPointer, elem: e.later(n)}
	case 1:
		if n.kind == kindPointer {
			return e.later(n.elem)
		}
	}
	switch n.kind {
	case kindInt:
		return basic([]string{"int64", "int64", "int32", "float64", n.text}[e.IntN(5)])
	case kindUint:
		return basic([]string{"uint64", "int64", "uint32", "uint8", n.text}[e.IntN(5)])
	case kindFloat32:
		return basic("float64")
	case kindPointer:
		return &node{kind: kindPointer, elem: e.later(n.elem)}
	case kindSlice, kindArray, kindBytes:
		if n.len >= 0 && e.IntN(3) > 0 {
			return list(n.len, e.later(n.elem))
		}
		return list(-1, e.later(n.elem))
	case kindMap:
		return &node{kind: kindMap, key: n.key, elem: e.later(n.elem)}
	case kindStruct:
		now := &node{kind: kindStruct}
		for _, f := range n.fields {
			if e.IntN(6) > 0 {
				now.fields = append(now.fields, field{name: f.name, typ: e.later(f.typ)})
			}
		}
		for range e.IntN(3) {
			now.fields = append(now.fields, field{name: e.name(), typ: e.shape(2)})
		}
		if e.IntN(2) == 0 {
			e.Shuffle(len(now.fields), func(i, j int) {
				now.fields[i], now.fields[j] = now.fields[j], now.fields[i]
			})
		}
		return now
	}
	return n
}

func (e *evolution) value(n *node) any {
	switch n.kind {
	case kindBool:
		return e.IntN(2) == 0
	case kindInt:
		return int64(e.Uint64()) >> (64 - n.len) >> e.IntN(n.len)
	case kindUint:
		return int64(e.Uint64() >> 1 >> (64 - n.len) >> e.IntN(n.len))
	case kindFloat32:
		return float64(float32(e.NormFloat64()))
	case kindFloat64:
		return e.NormFloat64()
	case kindPointer:
		if e.IntN(3) == 0 {
			return nil
		}
		return []any{e.value(n.elem)}
	case kindSlice, kindArray, kindBytes:
		if n.len < 0 && e.IntN(4) == 0 {
			return nil
		}
		s := []any{}
		for range max(n.len, (1-sign(n.len))/2*e.IntN(4)) {
			s = append(s, e.value(n.elem))
		}
		return s
	case kindMap:
		m := map[any]any{}
		for i := range e.IntN(4) {
			var k any = int64(i * 100)
			if n.key.text == "string" {
				k = fmt.Sprint("k", i)
			}
			m[k] = e.value(n.elem)
		}
		return m
	case kindStruct:
		m := map[string]any{}
		for _, f := range n.fields {
			m[f.name] = e.value(f.typ)
		}
		return m
	}
	return fmt.Sprint("text", e.IntN(100))
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// encode writes a value by its shape.
func encode(c *Coder, n *node, v any) {
	if v == nil {
		c.buf = append(c.buf, codeNil)
		return
	}
	switch n.kind {
	case kindBool:
		b := v.(bool)
		c.Bool(&b)
	case kindInt, kindUint:
		i := v.(int64)
		c.Int64(&i)
	case kindFloat32:
		c.buf = appendFloat32(c.buf, float32(v.(float64)))
	case kindFloat64:
		c.buf = appendFloat64(c.buf, v.(float64))
	case kindBytes:
		var b []byte
		for _, o := range v.([]any) {
			b = append(b, byte(o.(int64)))
		}
		c.buf = appendBinary(c.buf, b)
	case kindPointer, kindSlice, kindArray:
		c.buf = appendArrayLen(c.buf, len(v.([]any)))
		for _, e := range v.([]any) {
			encode(c, n.elem, e)
		}
	case kindMap:
		c.buf = appendMapLen(c.buf, len(v.(map[any]any)))
		for k, e := range v.(map[any]any) {
			encode(c, n.key, k)
			encode(c, n.elem, e)
		}
	case kindStruct:
		c.Struct(len(n.fields))
		for _, f := range n.fields {
			encode(c, f.typ, v.(map[string]any)[f.name])
		}
	default:
		s := v.(string)
		c.String(&s)
	}
}

// decode reads a value by its shape, as strictly as generated code does.
func decode(c *Coder, n *node) any {
	if c.peek() == codeNil && n.kind != kindStruct {
		c.pos++
		return zeroOf(n)
	}
	switch n.kind {
	case kindBool:
		var b bool
		c.Bool(&b)
		return b
	case kindInt:
		i, _ := c.signed(n.len, "an integer")
		return i
	case kindUint:
		u, _ := c.unsigned(n.len, "an integer")
		return int64(u)
	case kindFloat32:
		var f float32
		c.Float32(&f)
		return float64(f)
	case kindFloat64:
		var f float64
		c.Float64(&f)
		return f
	case kindBytes:
		b, _ := c.binary("bytes")
		s := []any{}
		for _, o := range b {
			s = append(s, int64(o))
		}
		return s
	case kindPointer, kindSlice, kindArray:
		size, _ := c.arrayLen("an array")
		s := []any{}
		for range size {
			s = append(s, decode(c, n.elem))
		}
		return s
	case kindMap:
		m := map[any]any{}
		size, _ := c.mapLen()
		for range size {
			k := decode(c, n.key)
			m[k] = decode(c, n.elem)
		}
		return m
	case kindStruct:
		c.Struct(len(n.fields))
		m := map[string]any{}
		for _, f := range n.fields {
			m[f.name] = decode(c, f.typ)
		}
		return m
	}
	var s string
	c.String(&s)
	return s
}

func zeroOf(n *node) any {
	switch n.kind {
	case kindBool:
		return false
	case kindInt, kindUint:
		return int64(0)
	case kindFloat32, kindFloat64:
		return 0.0
	case kindPlain:
		if n.text == "any" {
			return nil
		}
		return ""
	case kindArray, kindBytes:
		if n.len < 0 {
			return nil
		}
		s := []any{}
		for range n.len {
			s = append(s, zeroOf(n.elem))
		}
		return s
	case kindStruct:
		m := map[string]any{}
		for _, f := range n.fields {
			m[f.name] = zeroOf(f.typ)
		}
		return m
	}
	return nil
}

// carried returns what becomes of a value in a later shape, by names; false if it does not fit.
func carried(old, now *node, v any) (any, bool) {
	both := old.kind == kindPointer && now.kind == kindPointer
	switch {
	case old.kind == kindPointer && !both:
		if v == nil {
			return zeroOf(now), true
		}
		return carried(old.elem, now, v.([]any)[0])
	case now.kind == kindPointer && !both:
		inner, ok := carried(old, now.elem, v)
		return []any{inner}, ok
	case v == nil:
		return zeroOf(now), true
	}
	switch now.kind {
	case kindInt:
		n := v.(int64)
		return n, n>>(now.len-1) == 0 || n>>(now.len-1) == -1
	case kindUint:
		n := v.(int64)
		return n, n >= 0 && (now.len == 64 || n < 1<<now.len)
	case kindFloat64:
		if n, ok := v.(int64); ok {
			return float64(n), float64(n) < math.MaxInt64 && int64(float64(n)) == n
		}
	case kindPointer, kindSlice, kindArray, kindBytes:
		s := []any{}
		for _, e := range v.([]any) {
			x, ok := carried(old.elem, now.elem, e)
			if !ok {
				return nil, false
			}
			s = append(s, x)
		}
		return s, true
	case kindMap:
		m := map[any]any{}
		for k, e := range v.(map[any]any) {
			x, ok := carried(old.elem, now.elem, e)
			if !ok {
				return nil, false
			}
			m[k] = x
		}
		return m, true
	case kindStruct:
		m := map[string]any{}
		for _, f := range now.fields {
			i := slices.IndexFunc(old.fields, func(o field) bool { return o.name == f.name })
			if i < 0 {
				m[f.name] = zeroOf(f.typ)
				continue
			}
			x, ok := carried(old.fields[i].typ, f.typ, v.(map[string]any)[f.name])
			if !ok {
				return nil, false
			}
			m[f.name] = x
		}
		return m, true
	}
	return v, true
}

// spell writes a shape as a schema.
func spell(n *node) string {
	switch n.kind {
	case kindPointer:
		return "*" + spell(n.elem)
	case kindSlice, kindArray, kindBytes:
		if n.len < 0 {
			return "[]" + spell(n.elem)
		}
		return fmt.Sprintf("[%d]%s", n.len, spell(n.elem))
	case kindMap:
		return "map[" + spell(n.key) + "]" + spell(n.elem)
	case kindStruct:
		var fields []string
		for _, f := range n.fields {
			fields = append(fields, f.name+" "+spell(f.typ))
		}
		return "{" + strings.Join(fields, ",") + "}"
	}
	return n.text
}

func parse(t *testing.T, text string) *Schema {
	t.Helper()
	s, err := ParseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEvolution carries random values through random changes of their shape, and compares with
// the result by names.
func TestEvolution(t *testing.T) {
	kept, refused := 0, 0
	for seed := range uint64(3000) {
		e := &evolution{Rand: rand.New(rand.NewPCG(seed, 1))}
		old := e.shape(4)
		now := e.later(old)
		if e.IntN(2) == 0 {
			now = e.later(now)
		}
		tr, err := NewTranscoder(parse(t, spell(old)), parse(t, spell(now)))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			v := e.value(old)
			var c Coder
			encode(&c, old, v)
			out, err := tr.Append(nil, c.buf)
			want, fits := carried(old, now, v)
			if !fits {
				if refused++; err == nil {
					t.Fatalf("seed %d: %v of %s was carried into %s", seed, v,
						spell(old), spell(now))
				}
				continue
			}
			kept++
			d := Coder{buf: out, reading: true}
			got := decode(&d, now)
			if err != nil || d.err != nil || d.pos != len(out) || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %s to %s:\n%v became\n%v, want\n%v; %v %v", seed, spell(old),
					spell(now), v, got, want, err, d.err)
			}
		}
	}
	if kept < 5000 || refused < 100 {
		t.Errorf("%d values were carried, %d refused", kept, refused)
	}
}

// TestTranscodeErrors name the path and both types.
func TestTranscodeErrors(t *testing.T) {
	for _, c := range []struct{ old, now, data, want, lost string }{
		{"{a string}", "{a int}", "\x91\xa1x", "pack: a: stored as string, which can't become int",
			"a: stored as string, which can't become int"},
		{"{list []{n int64}}", "{list []{n int8}}", "\x91\x92\x91\x01\x91\xcd\x01\x00",
			"pack: list[1].n: stored value 256 is out of range for int8", ""},
		{"map[string]time", "map[string]*string", "\x81\xa1k\xd6\xff\x00\x00\x00\x01",
			`pack: ["k"]: stored as time, which can't become string`,
			"[]: stored as time, which can't become string"},
		{"float64", "float32", "\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
			"pack: stored value of type float64 is not exact as float32", ""},
		{"[3]int", "[2]int", "\x93\x01\x02\x03",
			"pack: 3 elements are stored, and [2]int has room for 2", ""},
		{"{a int,b int}", "{b int,a int}", "\x93\x01\x02\x03",
			"pack: found an array at byte 0, expected a struct of 2 fields", ""},
		{"{a []int}", "{a []int,b int}", "\x91\xc0\x00",
			"pack: found an integer at byte 2, expected the end of the data", ""},
	} {
		tr, err := NewTranscoder(parse(t, c.old), parse(t, c.now))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Append(nil, []byte(c.data)); err == nil || err.Error() != c.want {
			t.Errorf("%s to %s: %v, want %s", c.old, c.now, err, c.want)
		}
		if lost := tr.Lost(); lost != c.lost {
			t.Errorf("%s to %s: lost %q, want %q", c.old, c.now, lost, c.lost)
		}
	}
}

// TestTranscodeDeep: recursive shapes as deep as can be written are carried, and what
// is deeper is an error.
func TestTranscodeDeep(t *testing.T) {
	tr, err := NewTranscoder(parse(t, "@1={n int,next *@1}"),
		parse(t, "@1={next *@1,n int64,new string}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Append(nil,
		[]byte(strings.Repeat("\x92\x01\x91", maxDepth)+"\x92\x02\xc0")); err != nil {
		t.Error(err)
	}
	if _, err := tr.Append(nil,
		[]byte(strings.Repeat("\x92\x01\x91", 100*maxDepth)+"\x92\x02\xc0")); err == nil {
		t.Error("no limit of depth")
	}
	endless, err := NewTranscoder(parse(t, "{a int}"), parse(t, "{a @1=*@1}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := endless.Append(nil, []byte("\x91\x01")); err == nil {
		t.Error("an int became a pointer to itself")
	}
}
