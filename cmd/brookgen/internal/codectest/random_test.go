package codectest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// generator makes random values of any type, with a liking for edges.
type generator struct {
	*rand.Rand
	invalid bool // also what cannot be encoded
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
}

func (g *generator) fill(v reflect.Value, depth int) {
	if g.special(v) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := g.integer()
		if v.Type() == reflect.TypeFor[Status]() && !g.invalid {
			n = int64(g.IntN(1000))
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(uint64(g.integer()))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(g.float())
	case reflect.String:
		v.SetString(g.text())
	case reflect.Pointer:
		if depth > 0 && g.IntN(3) > 0 {
			p := reflect.New(v.Type().Elem())
			g.fill(p.Elem(), depth-1)
			v.Set(p)
		}
	case reflect.Slice:
		if n := g.length(depth); n >= 0 {
			s := reflect.MakeSlice(v.Type(), n, n)
			for i := range n {
				g.fill(s.Index(i), depth-1)
			}
			v.Set(s)
		}
	case reflect.Array:
		for i := range v.Len() {
			g.fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		if n := g.length(depth); n >= 0 {
			m := reflect.MakeMap(v.Type())
			for range n {
				key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				g.fill(key, depth-1)
				g.fill(elem, depth-1)
				m.SetMapIndex(key, elem)
			}
			v.Set(m)
		}
	case reflect.Interface:
		if x := g.any(depth); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && g.IntN(6) > 0 {
				g.fill(f, depth)
			} else if v.Type().Field(i).Anonymous && f.Kind() == reflect.Struct {
				g.fill(f, depth)
			}
		}
	}
}

// special fills types that hide their state.
func (g *generator) special(v reflect.Value) bool {
	if !v.CanSet() || !v.CanAddr() {
		return false
	}
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = g.time()
	case *json.Number:
		*p = json.Number([]string{"", "0", "-1", "1e5", "3.25", "12345678901234567890"}[g.IntN(6)])
		if g.invalid && g.IntN(10) == 0 {
			*p = "1x"
		}
	case *json.RawMessage:
		*p = json.RawMessage([]string{"null", ` { "a" : [ 1 , "<&>\u2028" ] } `, `"x"`, "[]", "12"}[g.IntN(5)])
		if g.IntN(4) == 0 {
			*p = nil
		}
		if g.invalid && g.IntN(10) == 0 {
			*p = json.RawMessage("{]")
		}
	case *big.Int:
		p.SetInt64(g.integer())
	case *netip.Addr:
		*p = netip.AddrFrom4([4]byte{10, 0, byte(g.IntN(3)), 1})
	case *url.URL:
		*p = url.URL{Scheme: "https", Host: "example.com", Path: "/" + fmt.Sprint(g.IntN(9)),
			User: url.User("u")}
	case *Opaque:
		p.state = []string{strings.ToValidUTF8(g.text(), "?")}
	default:
		return false
	}
	return true
}

func (g *generator) time() time.Time {
	t := time.Unix(int64(g.IntN(2e9)), int64(g.IntN(3))*1e6+int64(g.IntN(2)))
	switch g.IntN(4) {
	case 0:
		return t
	case 1:
		return t.UTC()
	case 2:
		return time.Time{}
	}
	if g.invalid && g.IntN(10) == 0 {
		return t.AddDate(10000, 0, 0)
	}
	return t.In(time.FixedZone("X", (g.IntN(48)-24)*1800))
}

func (g *generator) integer() int64 {
	switch g.IntN(5) {
	case 0:
		return int64(g.IntN(3) - 1)
	case 1:
		return []int64{math.MaxInt64, math.MinInt64, math.MaxInt32, -129, 255, 256,
			65535}[g.IntN(7)]
	}
	return int64(g.Uint64()) >> g.IntN(64)
}

func (g *generator) float() float64 {
	edges := []float64{0, math.Copysign(0, -1), 1e20, 1e21, 1e-6, 1e-7, 0.1, 1.0 / 3,
		math.MaxFloat32, 5e-324, 1e22, -1.5e300, 100}
	if g.invalid {
		edges = append(edges, math.NaN(), math.Inf(1), math.Inf(-1))
	}
	if g.IntN(2) == 0 {
		return edges[g.IntN(len(edges))]
	}
	return g.NormFloat64() * math.Pow(10, float64(g.IntN(50)-25))
}

func (g *generator) text() string {
	parts := []string{"", "a", "hello world", "<b>&amp;</b>", "\"quoted\\\"", "\x00\x1f\b\f\n\r\t",
		"\u2028\u2029", "\xff\xfe", "日本語", "😀",
		"\xed\xa0\x80", "0123456789abcdef", "ééééééééé", "/", "\x7f", "name", "\ufffd", "'"}
	var b strings.Builder
	for range g.IntN(4) {
		b.WriteString(parts[g.IntN(len(parts))])
	}
	return b.String()
}

func (g *generator) length(depth int) int {
	if depth <= 0 {
		return -1
	}
	return []int{-1, 0, 1, 2, 3, 5}[g.IntN(6)]
}

func (g *generator) any(depth int) any {
	switch g.IntN(12) {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2:
		return int(g.integer())
	case 3:
		return g.float()
	case 4:
		return g.time()
	case 5:
		return []string{g.text()}
	case 6:
		return Item{Name: g.text()}
	case 7:
		return &Item{Count: 3}
	case 8:
		var s []any
		for range max(0, g.length(depth)) {
			s = append(s, g.any(depth-1))
		}
		return s
	case 9:
		m := map[string]any{}
		for range max(0, g.length(depth)) {
			m[g.text()] = g.any(depth - 1)
		}
		return m
	case 10:
		return Upper("upper")
	}
	return g.text()
}
