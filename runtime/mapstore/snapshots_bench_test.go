package mapstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// pairCodec is that of benchValue.
type pairCodec struct{}

func (pairCodec) Append(dst []byte, value any) ([]byte, error) {
	v := value.(*benchValue)
	return binary.AppendVarint(binary.AppendVarint(dst, v.A), v.B), nil
}

func (pairCodec) Decode(data []byte) (any, error) {
	v := &benchValue{}
	r := bytes.NewReader(data)
	var err, failed error
	v.A, err = binary.ReadVarint(r)
	v.B, failed = binary.ReadVarint(r)
	return v, errors.Join(err, failed)
}

// kept makes a store with snapshots and n rows, each with an entry in its history.
func kept(b *testing.B, path string, n int) (*Store, brook.Table) {
	b.Helper()
	s := New(Snapshots(path, 0), Log(slog.New(slog.DiscardHandler)))
	t, err := s.Table(context.Background(), brook.TableSpec{Name: "rows", Codec: pairCodec{}})
	if err != nil {
		b.Fatal(err)
	}
	if s.Restoration() != "" {
		return s, t
	}
	for i := 0; i < n; {
		var batch brook.Batch
		for range 1000 {
			batch.Writes = append(batch.Writes, brook.Write{Table: t,
				Key: fmt.Appendf(nil, "user-%09d", i), Value: &benchValue{A: int64(i)},
				History: []*brook.HistoryEntry{{ID: fmt.Sprint(i), Type: "t", Author: "a",
					Data: []byte(`{"id":"user","n":1}`)}}})
			i++
		}
		if err := s.Commit(context.Background(), &batch); err != nil {
			b.Fatal(err)
		}
	}
	return s, t
}

const benchRows = 500_000

// BenchmarkSnapshotWrite writes a snapshot to nowhere.
func BenchmarkSnapshotWrite(b *testing.B) {
	s, _ := kept(b, filepath.Join(b.TempDir(), "views"), benchRows)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.write(context.Background(), io.Discard, s.clock.seq()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkSnapshotRead begins with a snapshot.
func BenchmarkSnapshotRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "views")
	s, _ := kept(b, path, benchRows)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if s, _ := kept(b, path, 0); s.Restoration() == "" {
			b.Fatal("the snapshot was not read")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkCommitBesideSnapshots commits 20 rows at a time, with no snapshot and while one is
// written all the time. It reports how long the slowest commits take.
func BenchmarkCommitBesideSnapshots(b *testing.B) {
	for _, beside := range []bool{false, true} {
		b.Run(fmt.Sprint(beside), func(b *testing.B) {
			s, t := kept(b, filepath.Join(b.TempDir(), "views"), benchRows)
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() {
				for ctx.Err() == nil && beside {
					in := s.clock.pin()
					if err := s.write(ctx, io.Discard, in.seq); err != nil && ctx.Err() == nil {
						done <- err
						return
					}
					s.release(in)
				}
				done <- nil
			}()
			var took []time.Duration
			n := 0
			for b.Loop() {
				var batch brook.Batch
				for range 20 {
					n++
					batch.Writes = append(batch.Writes, brook.Write{Table: t,
						Key:   fmt.Appendf(nil, "user-%09d", n*7919%benchRows),
						Value: &benchValue{A: int64(n)}})
				}
				began := time.Now()
				if err := s.Commit(ctx, &batch); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			stop()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
			b.ReportMetric(float64(took[len(took)-1]), "max-ns")
		})
	}
}
