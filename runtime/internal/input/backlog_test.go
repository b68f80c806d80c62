package input

import (
	rand "math/rand/v2"
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// A backlog returns what was added, in order, whatever is taken, put back and forgotten meanwhile,
// and changes no record.
func TestBacklog(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var b backlog
		var kept []int64 // offsets that are not forgotten
		taken, offset := 0, int64(0)
		var given [][]brook.Record
		for range 100 {
			switch rnd.IntN(5) {
			case 0:
				records := make([]brook.Record, rnd.IntN(4))
				for i := range records {
					records[i].Offset = offset
					kept = append(kept, offset)
					offset++
				}
				given = append(given, records)
				b.add(chunk{records: records})
			case 1, 2:
				if r := b.at(b.next); r != nil {
					b.take()
					taken++
				}
			case 3:
				b.rewind()
				taken = 0
			case 4:
				b.forget()
				kept, taken = kept[taken:], 0
			}
			var got []int64
			for c := b.next; c != b.end(); c = b.after(c) {
				got = append(got, b.at(c).Offset)
			}
			if !slices.Equal(got, kept[taken:]) || b.dry() != (len(got) == 0) ||
				b.count != len(kept) || b.taken != taken {
				t.Fatalf("it has %v, %d of %d taken; want %v, %d of %d", got, b.taken, b.count,
					kept[taken:], taken, len(kept))
			}
		}
		want := int64(0)
		for _, chunk := range given {
			for i := range chunk {
				if chunk[i].Offset != want {
					t.Fatalf("a record that was given has offset %d, had %d", chunk[i].Offset, want)
				}
				want++
			}
		}
	}
}
