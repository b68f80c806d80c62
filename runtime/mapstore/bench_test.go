package mapstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

type benchValue struct{ A, B int64 }

// filled makes a store with n rows, and returns their keys in random order.
func filled(tb testing.TB, n int) (*Store, brook.Table, [][]byte) {
	ctx := context.Background()
	s := New()
	t, err := s.Table(ctx, brook.TableSpec{Name: "rows"})
	if err != nil {
		tb.Fatal(err)
	}
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "user-%09d", i)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var b brook.Batch
	for i, key := range keys {
		b.Writes = append(b.Writes, brook.Write{Table: t, Key: key, Value: &benchValue{}})
		if len(b.Writes) == 1000 || i == n-1 {
			if err := s.Commit(ctx, &b); err != nil {
				tb.Fatal(err)
			}
			b.Writes = b.Writes[:0]
		}
	}
	rand.New(rand.NewPCG(2, 2)).Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	// in memory in this order: the benchmarks measure no miss for the keys
	for i, key := range keys {
		keys[i] = append([]byte(nil), key...)
	}
	return s, t, keys
}

var sizes = []int{10_000, 1_000_000}

func BenchmarkGet(b *testing.B) {
	for _, n := range sizes {
		s, t, keys := filled(b, n)
		snap, _ := s.Snapshot(context.Background())
		for name, r := range map[string]brook.Reader{"latest": s.Latest(), "snapshot": snap} {
			b.Run(fmt.Sprintf("%s/rows=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				ctx, i := context.Background(), 0
				for b.Loop() {
					if _, err := r.Get(ctx, t, keys[i]); err != nil {
						b.Fatal(err)
					}
					if i++; i == n {
						i = 0
					}
				}
			})
		}
	}
}

// The yardstick: a Go map of the same rows.
func BenchmarkGetOfMap(b *testing.B) {
	for _, n := range sizes {
		_, _, keys := filled(b, n)
		m := make(map[string]*benchValue, n)
		for _, i := range rand.New(rand.NewPCG(3, 3)).Perm(n) {
			m[string(keys[i])] = &benchValue{}
		}
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				if m[string(keys[i])] == nil {
					b.Fatal("missing")
				}
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}

// Each iteration is one write.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range sizes {
		s, t, keys := filled(b, n)
		for _, size := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("rows=%d/batch=%d", n, size), func(b *testing.B) {
				benchCommits(b, s, t, size, func(i int) []byte { return keys[i%n] })
			})
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	for _, size := range []int{1, 100, 1000} {
		s, t, _ := filled(b, 1_000_000)
		keys := make([][]byte, 1_000_000)
		for i := range keys {
			keys[i] = fmt.Appendf(nil, "user-%09d.%d", rand.IntN(1_000_000), i)
		}
		b.Run(fmt.Sprintf("rows=1000000/batch=%d", size), func(b *testing.B) {
			benchCommits(b, s, t, size, func(i int) []byte { return keys[i%len(keys)] })
		})
	}
	s, t, _ := filled(b, 1)
	b.Run("ordered/batch=1000", func(b *testing.B) {
		key := []byte("order-000000000000")
		benchCommits(b, s, t, 1000, func(int) []byte {
			for i := len(key) - 1; ; i-- {
				if key[i]++; key[i] <= '9' {
					return append([]byte(nil), key...)
				}
				key[i] = '0'
			}
		})
	})
}

func benchCommits(b *testing.B, s *Store, t brook.Table, size int, key func(int) []byte) {
	b.ReportAllocs()
	ctx := context.Background()
	batch := brook.Batch{Writes: make([]brook.Write, 0, size)}
	for i := 0; b.Loop(); i++ {
		batch.Writes = append(batch.Writes,
			brook.Write{Table: t, Key: key(i), Value: &benchValue{}})
		if len(batch.Writes) == size {
			if err := s.Commit(ctx, &batch); err != nil {
				b.Fatal(err)
			}
			batch.Writes = batch.Writes[:0]
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkHistory(b *testing.B) {
	for _, keep := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("keep=%d", keep), func(b *testing.B) {
			b.ReportAllocs()
			ctx := context.Background()
			s, _, keys := filled(b, 1000)
			t, _ := s.Table(ctx,
				brook.TableSpec{Name: "rows", Keep: map[string]int{"a": keep, "b": keep}})
			entries := [2]*brook.HistoryEntry{{Type: "a"}, {Type: "b"}}
			batch := brook.Batch{Writes: make([]brook.Write, 0, 100)}
			for i := 0; b.Loop(); i++ {
				at := i % 2
				batch.Writes = append(batch.Writes,
					brook.Write{Table: t, Key: keys[i%1000], Value: &benchValue{},
						History: entries[at : at+1]})
				if len(batch.Writes) == 100 {
					if err := s.Commit(ctx, &batch); err != nil {
						b.Fatal(err)
					}
					batch.Writes = batch.Writes[:0]
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, n := range sizes {
		s, t, _ := filled(b, n)
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			rows := 0
			for b.Loop() {
				for _, err := range s.Latest().Scan(context.Background(), t, nil, nil) {
					if err != nil {
						b.Fatal(err)
					}
					rows++
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	s, t, keys := filled(b, 1_000_000)
	b.Run("range=10", func(b *testing.B) {
		i := 0
		for b.Loop() {
			rows := 0
			for range s.Latest().Scan(context.Background(), t, keys[i%len(keys)], nil) {
				if rows++; rows == 10 {
					break
				}
			}
			i++
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	s, _, _ := filled(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		snap, _ := s.Snapshot(context.Background())
		if err := snap.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// Bytes per row, beside the value and the caller's keys.
func BenchmarkMemory(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				s, _, keys := filled(b, n)
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(s)
				runtime.KeepAlive(keys)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n)-16-24-16, "B/row")
		})
	}
}
