package kafkadriver

import (
	"bytes"
	"testing"
	"unsafe"

	brook "github.com/brookgen/brookgen/runtime"
)

func testDecoder() *decoder {
	d := newDecoder("broker", &spares{})
	return &d
}

// A spare is used again, by one at a time, for slices of about its size.
func TestSpares(t *testing.T) {
	var s shelf[byte]
	again := false
	for range 1000 { // the pool drops some, under the race detector
		b := s.take(900)
		first := unsafe.SliceData(b)
		s.put(b[:1])
		if small := s.take(100); unsafe.SliceData(small) == first {
			t.Fatal("100 bytes keep 900 alive")
		}
		one, two := s.take(850), s.take(850)
		if unsafe.SliceData(one) == unsafe.SliceData(two) {
			t.Fatal("a spare is used twice")
		}
		again = again || unsafe.SliceData(one) == first || unsafe.SliceData(two) == first
	}
	if !again {
		t.Error("no spare is used again")
	}
	for n := range 5000 {
		if c := cap(s.take(n + 1)); c < n+1 || c > (n+1)*5/4+1 {
			t.Fatalf("%d of a slice for %d", c, n+1)
		}
	}
}

// Memory is used again once all who hold it have released it, and so is that of the response, which
// several share.
func TestMemory(t *testing.T) {
	released := map[*byte]bool{}
	var records []brook.Record
	poisoned(t, func(slice any) {
		switch s := slice.(type) {
		case []byte:
			released[unsafe.SliceData(s)] = true
		case []brook.Record:
			records = s
		}
	})
	all := &spares{}
	response := newResponseMemory(bytes.Repeat([]byte("r"), 50), all)
	one, two := newMemory(all), newMemory(all)
	own := []byte("own")
	one.records, one.bytes = make([]brook.Record, 3), [][]byte{own}
	one.share(response)
	one.share(response) // of another batch
	two.share(response)
	response.release() // it is decoded
	one.hold()
	one.release()
	two.release()
	if len(released) > 0 || records != nil {
		t.Fatal("memory is used again that somebody holds")
	}
	one.release()
	if !released[unsafe.SliceData(own)] || !released[unsafe.SliceData(response.bytes)] ||
		len(records) != 3 {
		t.Error("memory that nobody holds is not used again")
	}
}

// poisoned sets what is done to spares until the test ends.
func poisoned(t *testing.T, do func(slice any)) {
	before := poison
	poison = do
	t.Cleanup(func() { poison = before })
}
