package pack

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// claims returns n bytes of containers, each of which claims as many elements as there
// are bytes behind it.
func claims(n int, code byte, key string, elements func(left int) int) []byte {
	var data []byte
	for len(data)+16 < n {
		left := n - len(data) - 5 - len(key)
		data = append(data, code)
		data = binary.BigEndian.AppendUint32(data, uint32(elements(left)))
		data = append(data, key...)
	}
	return append(data, strings.Repeat("\xc0", n-len(data))...)
}

type wide struct {
	_    [64]uint64 // what an element claims
	kids []wide
	most map[string]wide
}

func (v *wide) code(c *Coder) {
	c.Struct(2)
	Slice(c, &v.kids, func(c *Coder, v *wide) { v.code(c) })
	Map(c, &v.most, (*Coder).String, func(c *Coder, v *wide) { v.code(c) })
}

// Damaged bytes never make a decoder take memory out of proportion, however claims of
// many elements nest.
func TestDamagedBytesClaimLittle(t *testing.T) {
	half := func(left int) int { return left / 2 }
	all := func(left int) int { return left }
	for _, size := range []int{24 << 10, 60 << 10} {
		most := 200 * uint64(size)
		for name, data := range map[string][]byte{
			"maps":   claims(size, codeMap32, "\xa0", half),
			"arrays": claims(size, codeArray16+1, "", all),
		} {
			if n := allocated(func() {
				var v any
				if Decode(data, &v, (*Coder).Any) == nil {
					t.Errorf("%s of %d bytes decode", name, size)
				}
			}); n > most {
				t.Errorf("any: %s of %d bytes take %d bytes of memory", name, size, n)
			}
			if n := allocated(func() {
				var v map[string]any
				_ = Decode(data, &v, func(c *Coder, v *map[string]any) {
					Map(c, v, (*Coder).String, (*Coder).Any)
				})
			}); n > most {
				t.Errorf("map[string]any: %s of %d bytes take %d bytes of memory", name, size, n)
			}
		}
		slices, maps := []byte(nil), []byte(nil)
		for len(slices)+16 < size {
			slices = append(slices, codeFixArray|2, codeArray16+1)
			slices = binary.BigEndian.AppendUint32(slices, uint32(size-len(slices)-4))
			maps = append(maps, codeFixArray|2, codeNil, codeMap32)
			maps = append(binary.BigEndian.AppendUint32(maps, uint32(size-len(maps)-4)/2),
				codeFixStr)
		}
		for name, data := range map[string][]byte{"slices": slices, "maps": maps} {
			data = append(data, strings.Repeat("\xc0", size)...)
			if n := allocated(func() {
				var v wide
				if Decode(data, &v, func(c *Coder, v *wide) { v.code(c) }) == nil {
					t.Errorf("%s of %d bytes decode", name, size)
				}
				// 600 bytes a level of 7 bytes, in slices and maps that grow
			}); n > 1000*uint64(size) {
				t.Errorf("structs: %s of %d bytes take %d bytes of memory", name, size, n)
			}
		}
	}
}

// A value of an old shape that is damaged does not become one of any size.
func TestDamagedBytesStaySmallInNewShapes(t *testing.T) {
	var fields strings.Builder
	for i := range 20_000 {
		if i > 0 {
			fields.WriteByte(',')
		}
		fields.WriteString("f" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + " int")
	}
	old, err := ParseSchema("[]{}")
	if err != nil {
		t.Fatal(err)
	}
	now, err := ParseSchema("[]{" + fields.String() + "}")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTranscoder(old, now)
	if err != nil {
		t.Fatal(err)
	}
	const size = 60 << 10
	data := binary.BigEndian.AppendUint16([]byte{codeArray16}, size-3)
	data = append(data, strings.Repeat("\x90", size-3)...)
	if n := allocated(func() {
		if _, err := tr.Append(nil, data); err == nil {
			t.Error("a value of 1.2 GB was made")
		}
	}); n > 256<<20 {
		t.Errorf("%d bytes take %d bytes of memory", size, n)
	}
}
