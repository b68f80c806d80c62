package pebble

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// batch is how many events a commit has.
const batch = 1000

const reason = "a text of some length, as events have"

// fold makes the writes of badgerstore for events: rows once in a batch, of each event the entry of
// its history, and the eleventh last one's removal, the head once in a batch, positions once, and
// what the store writes of its own.
type fold struct {
	e       engine
	history bool
	read    bool // each row is read before it is merged into
	rnd     *rand.Rand
	written []uint32 // of each row the last batch that wrote it
	seq     []uint32
	n       uint32 // of batches
	slab    []byte
	value   []byte
}

func newFold(e engine, rows int, history, read bool) *fold {
	return &fold{e: e, history: history, read: read, rnd: rand.New(rand.NewPCG(1, uint64(rows))),
		written: make([]uint32, rows), seq: make([]uint32, rows), slab: make([]byte, 0, 1<<20)}
}

// bytes returns what f appends to memory that lives until the end of the batch.
func (f *fold) bytes(write func(dst []byte) []byte) []byte {
	from := len(f.slab)
	f.slab = write(f.slab)
	return f.slab[from:len(f.slab):len(f.slab)]
}

func (f *fold) key(kind byte, row int) []byte {
	return f.bytes(func(dst []byte) []byte { return appendKey(dst, kind, row) })
}

func appendKey(dst []byte, kind byte, row int) []byte {
	dst = append(binary.BigEndian.AppendUint32(dst, 7), kind)
	return fmt.Appendf(dst, "counter/%08d", row)
}

func (f *fold) entryKey(row int, seq uint32) []byte {
	return f.bytes(func(dst []byte) []byte {
		dst = appendKey(dst, 'e', row)
		dst = binary.BigEndian.AppendUint64(dst, 1<<16)
		dst = binary.BigEndian.AppendUint32(dst, 1)
		return binary.BigEndian.AppendUint64(dst, uint64(seq))
	})
}

// commit folds events, of row next(i) each.
func (f *fold) commit(b *testing.B, events int, next func(i int) int) {
	f.n++
	f.slab = f.slab[:0]
	f.e.begin()
	set := func(key, value []byte) {
		if err := f.e.set(key, value); err != nil {
			b.Fatal(err)
		}
	}
	for i := range events {
		row := next(i)
		first := f.written[row] != f.n
		f.written[row] = f.n
		if f.read && first {
			var err error
			if f.value, err = f.e.get(f.key('r', row), f.value); err != nil {
				b.Fatal(err)
			}
		}
		seq := f.seq[row]
		f.seq[row]++
		if first {
			set(f.key('r', row), f.bytes(func(dst []byte) []byte { // 60 bytes
				dst = fmt.Appendf(dst, "\x01counter/%08d", row)
				dst = binary.BigEndian.AppendUint32(dst, seq)
				return append(append(dst, reason...), 1, 2)
			}))
		}
		if !f.history {
			continue
		}
		if first {
			set(f.key('h', row), f.bytes(func(dst []byte) []byte { // 16 bytes
				return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, 1<<16),
					uint64(seq))
			}))
		}
		set(f.entryKey(row, seq), f.bytes(func(dst []byte) []byte { // 190 bytes
			dst = binary.BigEndian.AppendUint64(dst, uint64(seq))
			return fmt.Appendf(dst, "%020d counters 2024-02-29T12:00:00.%09dZ "+
				`{"id":"counter/%08d","amount":1,"reason":%q} counters/0/%08d`, f.rnd.Uint64(), seq,
				row, reason, f.n)
		}))
		if seq >= 10 {
			if err := f.e.remove(f.entryKey(row, seq-10)); err != nil {
				b.Fatal(err)
			}
		}
	}
	set([]byte("1234rposition"), f.bytes(func(dst []byte) []byte { return fmt.Appendf(dst, "%040d", f.n) }))
	set(binary.BigEndian.AppendUint32([]byte("0000c"), f.n), nil)
	if err := f.e.commit(); err != nil {
		b.Fatal(err)
	}
}

// run folds n events of random rows.
func (f *fold) run(b *testing.B, n int) {
	for ; n > 0; n -= batch {
		f.commit(b, min(n, batch), func(int) int { return f.rnd.IntN(len(f.seq)) })
	}
}

// fill makes all rows.
func (f *fold) fill(b *testing.B) {
	read := f.read
	f.read = false
	for from := 0; from < len(f.seq); from += batch {
		f.commit(b, min(batch, len(f.seq)-from), func(i int) int { return from + i })
	}
	f.read = read
}

// BenchmarkHot merges into 10,000 rows, which are in memory in badgerstore.
func BenchmarkHot(b *testing.B) { each(b, func(b *testing.B, e engine) { hot(b, e, false) }) }

// BenchmarkHistory does it with histories of ten entries.
func BenchmarkHistory(b *testing.B) { each(b, func(b *testing.B, e engine) { hot(b, e, true) }) }

func hot(b *testing.B, e engine, history bool) {
	f := newFold(e, 10_000, history, false)
	f.fill(b)
	measured(b, "fold", func() { f.run(b, b.N) })
	b.StopTimer()
	reads(b, f)
}

// BenchmarkKeys makes rows, then reads random ones and merges into them.
func BenchmarkKeys(b *testing.B) {
	for _, rows := range []int{1_000_000, 10_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			each(b, func(b *testing.B, e engine) {
				f := newFold(e, rows, false, true)
				if b.N == 1 {
					return // the run that finds out how long it takes
				}
				begin, used := time.Now(), cpu()
				f.fill(b)
				made, spent := float64(rows)/time.Since(begin).Seconds(), cpu()-used
				measured(b, "fold", func() { f.run(b, b.N) })
				b.ReportMetric(made, "made/s")
				b.ReportMetric(float64(spent)/float64(rows), "cpu-ns/made")
				b.StopTimer()
				reads(b, f)
			})
		})
	}
}

// measured reports what b.N events take.
func measured(b *testing.B, name string, f func()) {
	b.ResetTimer()
	used := cpu()
	f()
	b.ReportMetric(float64(cpu()-used)/float64(b.N), "cpu-ns/"+name)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// reads reports what it takes to read a random row, and all.
func reads(b *testing.B, f *fold) {
	const n = 100_000
	used := cpu()
	var key, value []byte
	for range n {
		key = appendKey(key[:0], 'r', f.rnd.IntN(len(f.seq)))
		var err error
		if value, err = f.e.get(key, value); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu()-used)/n, "cpu-ns/get")
	used = cpu()
	found, err := f.e.scan([]byte("\x00\x00\x00\x07r"))
	if err != nil {
		b.Fatal(err)
	}
	if _, nothing := f.e.(none); found != len(f.seq) && !nothing {
		b.Fatalf("%d rows of %d", found, len(f.seq))
	}
	b.ReportMetric((cpu()-used).Seconds()*1000, "cpu-ms/scan")
}
