package kafkadriver

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeds are batches of all kinds.
func seeds(t testing.TB, r *reference) (all [][]byte) {
	for _, codec := range codecs {
		all = append(all, r.encode(t, saramaBatch(3, 4, 2, 5, codec)))
	}
	marker := altered(batch(10, 0, 0), control(1)).encode()
	return append(all, append(batch(5, 2, 0, 2).encode(), marker...), batch(5, 2).encode(),
		altered(batch(5, 2, 0), func(b *testBatch) { b.cut = 3 }).encode())
}

// Whatever bytes come as batches, nothing panics, and what is decoded is what sarama decodes.
func FuzzDecoder(f *testing.F) {
	r := newReference(f)
	for _, batches := range seeds(f, r) {
		f.Add(batches, true)
	}
	f.Fuzz(func(t *testing.T, batches []byte, sum bool) {
		if sum { // the checksums are made right, so that what is behind them is reached
			batches = resummed(batches)
		}
		decodesAsSarama(t, r, batches)
	})
}

// The same with bytes that differ from good ones a little.
func TestDecoderMutated(t *testing.T) {
	r, random := newReference(t), rand.New(rand.NewPCG(1, 2))
	good, decoded := seeds(t, r), 0
	for range 3000 {
		batches := slices.Clone(good[random.IntN(len(good))])
		for range 1 + random.IntN(3) {
			mutate(random, batches)
		}
		if random.IntN(10) > 0 {
			batches = resummed(batches)
		}
		if decodesAsSarama(t, r, batches) {
			decoded++
		}
	}
	if decoded < 300 {
		t.Errorf("%d of all are decoded, so that little was compared", decoded)
	}
}

// mutate changes a byte or a number somewhere.
func mutate(random *rand.Rand, b []byte) {
	at := random.IntN(len(b))
	switch random.IntN(3) {
	case 0:
		b[at] ^= 1 << random.IntN(8)
	case 1:
		b[at] = byte(random.Uint32())
	default:
		if at+4 <= len(b) {
			binary.BigEndian.PutUint32(b[at:], random.Uint32()>>random.IntN(32))
		}
	}
}

// decodesAsSarama compares what is decoded with what sarama decodes, and reports whether anything
// is. sarama may decode what is an error here. Records before the requested offset would be passed
// over, without a look at their headers.
func decodesAsSarama(t *testing.T, r *reference, batches []byte) bool {
	t.Helper()
	g := decodeAt(0, batches)
	if g.lost != nil || g.fatal != nil {
		if len(g.part.records) > 0 {
			t.Errorf("there are records and an error: %+v", g)
		}
		return false
	}
	// sarama looks into batches that are cut off or passed over, and finds fault with them.
	whole, passed := len(batches), false
	for data, next := batches, int64(0); len(data) > 0; {
		b, rest, err := nextBatch(data)
		if err != nil {
			whole -= len(data)
			break
		}
		passed = passed || b.last() < next || b.control()
		data, next = rest, max(next, b.last()+1)
	}
	response, err := r.decode(t, newestFetch, responseOf(batches[:whole]))
	if err != nil && passed {
		return false
	}
	if err != nil {
		t.Fatalf("sarama says %v, and decoded are %+v of % x", err, g.part, batches)
	}
	wantRecords(t, g.part.records, asRecords(response.GetBlock("t", 0), 0))
	return len(g.part.records) > 0
}

// resummed sets the checksums of batches to what they should be.
func resummed(batches []byte) []byte {
	batches = slices.Clone(batches)
	for data := batches; len(data) >= batchHeaderSize; {
		size := int64(int32(binary.BigEndian.Uint32(data[batchLengthAt:]))) + batchEpochAt
		if size < batchHeaderSize || size > int64(len(data)) {
			break
		}
		binary.BigEndian.PutUint32(data[batchSumAt:], checksum(data[batchAttributesAt:size]))
		data = data[size:]
	}
	return batches
}
