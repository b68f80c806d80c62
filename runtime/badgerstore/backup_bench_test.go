package badgerstore_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// counted counts what is written, and notes the most bytes of the heap that a collection left at any
// write.
type counted struct {
	bytes  int64
	heap   uint64
	sample [1]metrics.Sample
}

func (c *counted) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	c.look()
	return len(p), nil
}

func (c *counted) look() {
	c.sample[0].Name = "/gc/heap/live:bytes"
	metrics.Read(c.sample[:])
	c.heap = max(c.heap, c.sample[0].Value.Uint64())
}

// BenchmarkBackup backs up a million rows of 128 bytes, not compressible, and restores them. MiB-live
// is what the heap holds at most beyond what it held before.
func BenchmarkBackup(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "store")
	s, err := badgerstore.Open(dir, quiet(b), badgerstore.NoSync())
	if err != nil {
		b.Fatal(err)
	}
	const rows = 1_000_000
	table := bytesTable(b, s, "rows")
	noise := rand.NewChaCha8([32]byte{1})
	for n := 0; n < rows; {
		var batch brook.Batch
		for range 1000 {
			value := make([]byte, 128)
			_, _ = noise.Read(value)
			batch.Writes = append(batch.Writes, brook.Write{Table: table,
				Key: binary.BigEndian.AppendUint64(nil, uint64(n)*0x9e3779b97f4a7c15), Value: value})
			n++
		}
		if err := s.Commit(b.Context(), &batch); err != nil {
			b.Fatal(err)
		}
	}
	file := filepath.Join(b.TempDir(), "backup")
	b.Run("write", func(b *testing.B) {
		var before, most uint64
		var size int64
		for b.Loop() {
			b.StopTimer()
			runtime.GC()
			at := &counted{}
			at.look()
			before, at.heap = at.heap, 0
			b.StartTimer()
			if err := s.Backup(b.Context(), at); err != nil {
				b.Fatal(err)
			}
			size, most = at.bytes, max(most, at.heap-min(at.heap, before))
		}
		b.SetBytes(size)
		b.ReportMetric(float64(most)/(1<<20), "MiB-live")
	})
	out, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Backup(b.Context(), out); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	closed(b, s)
	b.Run("restore", func(b *testing.B) {
		var most uint64
		for b.Loop() {
			b.StopTimer()
			in, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			runtime.GC()
			at := &counted{}
			at.look()
			before := at.heap
			at.heap = 0
			b.StartTimer()
			err = badgerstore.Restore(b.Context(), reading{in, at}, filepath.Join(b.TempDir(), "restored"),
				quiet(b))
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			in.Close()
			most = max(most, at.heap-min(at.heap, before))
			b.StartTimer()
		}
		if info, err := os.Stat(file); err == nil {
			b.SetBytes(info.Size())
		}
		b.ReportMetric(float64(most)/(1<<20), "MiB-live")
	})
}

// reading looks at the heap with each read.
type reading struct {
	file *os.File
	at   *counted
}

func (r reading) Read(p []byte) (int, error) {
	r.at.look()
	return r.file.Read(p)
}
