package badger

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// BenchmarkOpen opens a store of so many rows with their histories, with and without reading its
// files, and closes it.
func BenchmarkOpen(b *testing.B) {
	bySize(b, func(b *testing.B, n int) {
		if n > 1_000_000 {
			b.Skip("the log would not fit into memory")
		}
		f := newFixture(b, badgerstore.NoSync())
		f.fill(b, n, true)
		if err := f.App.Close(); err != nil {
			b.Fatal(err)
		}
		if err := f.store.Close(); err != nil {
			b.Fatal(err)
		}
		for name, options := range map[string][]badgerstore.Option{"verified": nil,
			"unverified": {badgerstore.Unverified()}} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					s, err := badgerstore.Open(f.dir, options...)
					if err != nil {
						b.Fatal(err)
					}
					if err := s.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(onDisk(b, f.dir))/(1<<20), "MB-disk")
			})
		}
	})
}
