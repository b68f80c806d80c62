package keys

import (
	"flag"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/brookgen/brookgen/benchmarks/measure"
	"github.com/brookgen/brookgen/benchmarks/views/bare"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// most bounds the benchmarks that need long to be set up, and much memory: 10⁷ rows take 5 GB.
var most = flag.Int("keys", 1_000_000, "the largest number of keys to measure with")

// bySize calls f once for each size up to most.
func bySize(b *testing.B, f func(b *testing.B, n int)) {
	measure.PrintCard()
	for _, n := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		if n <= *most {
			b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) { f(b, n) })
		}
	}
}

// newApp returns an app that has folded a hit of each page.
func newApp(b *testing.B, log *endless) *bare.App {
	b.Helper()
	a, err := bare.NewApp(brook.Config{Author: author, Driver: log, Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}, bare.Counter{})
	if err != nil {
		b.Fatal(err)
	}
	log.end.Store(int64(log.pages))
	if err := a.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	return a
}

// BenchmarkGet reads random rows of a view, and of a Go map of the same rows that has no lock, in
// turns of 100,000 reads. It counts the thread's CPU time, which other work on the machine hardly
// changes.
func BenchmarkGet(b *testing.B) {
	bySize(b, func(b *testing.B, n int) {
		log := &endless{pages: n}
		a := newApp(b, log)
		defer a.Close()
		rows := make(map[string]bare.Page)
		for i := range n {
			rows[page(i)] = bare.Page{Name: page(i), Hits: 1, Bytes: int64(i)}
		}
		keys := random(1<<20, n)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		runtime.GC()
		const turns, turn = 20, 100_000
		var (
			view, peer, last time.Duration
			sum              int64
			at               int
		)
		lap := func() (d time.Duration) {
			now := measure.ThreadCPU()
			d, last = now-last, now
			return d
		}
		for b.Loop() {
			for range turns {
				lap()
				for i := range turn {
					p, err := a.Views.Pages.Get(keys[(at+i)&(len(keys)-1)])
					if err != nil {
						b.Fatal(err)
					}
					sum += p.Bytes
				}
				view += lap()
				for i := range turn {
					p, ok := rows[keys[(at+turn+i)&(len(keys)-1)]]
					if !ok {
						b.Fatal(i)
					}
					sum -= p.Bytes
				}
				peer += lap()
				at += 2 * turn
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(nanos(view, b.N*turns*turn), "ns/get")
		b.ReportMetric(nanos(peer, b.N*turns*turn), "ns/map-read")
		b.ReportMetric(float64(view)/float64(peer), "x-map")
		runtime.KeepAlive(rows)
		runtime.KeepAlive(sum)
	})
}

func nanos(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / float64(n) }

// BenchmarkFold merges hits into random rows: by an app over the map store, then by hand into a Go
// map from the same log; then it only reads the log, which makes the events. It counts the
// process's CPU time, with the collector and without it: there are as many events as rows, two
// million at least, so that the collector has its share, and then a million while it is off.
func BenchmarkFold(b *testing.B) {
	bySize(b, func(b *testing.B, n int) {
		var view, peer, read used
		for b.Loop() {
			view.add(foldView(b, n))
			peer.add(foldMap(b, n))
			read.add(readLog(b, n))
		}
		b.ReportMetric(0, "ns/op")
		for _, u := range []struct {
			used
			of string
		}{{view, ""}, {peer, "map-"}, {read, "log-"}} {
			b.ReportMetric(u.cpu/float64(b.N), u.of+"cpu-ns/event")
			b.ReportMetric(u.uncollected/float64(b.N), u.of+"uncollected-ns/event")
			b.ReportMetric(float64(u.heap)/(1<<20), u.of+"MB")
		}
		b.ReportMetric(view.cpu/peer.cpu, "x-map")
	})
}

// used is what a part of a benchmark has used: CPU time in nanoseconds per event, also while the
// collector is off, and the heap when it began.
type used struct {
	cpu, uncollected float64
	heap             uint64
}

func (u *used) add(v used) {
	u.cpu, u.uncollected, u.heap = u.cpu+v.cpu, u.uncollected+v.uncollected, v.heap
}

// measured returns what f uses, which folds so many events.
func measured(n int, f func(events int)) (u used) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.heap = m.HeapAlloc
	u.cpu = perEvent(max(2_000_000, n), f)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	f(1_000_000) // so that the process has the memory
	runtime.GC()
	u.uncollected = perEvent(1_000_000, f)
	return u
}

func perEvent(events int, f func(events int)) float64 {
	cpu := measure.CPU()
	f(events)
	return nanos(measure.CPU()-cpu, events)
}

func foldView(b *testing.B, n int) used {
	log := &endless{pages: n}
	a := newApp(b, log)
	defer a.Close()
	u := measured(n, func(events int) {
		log.end.Add(int64(events))
		if err := a.CatchUp(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
	if rows, err := a.Views.Pages.Len(); err != nil || rows != n {
		b.Fatal(rows, err)
	}
	return u
}

func foldMap(b *testing.B, n int) used {
	log := &endless{pages: n}
	rows := map[string]*bare.Page{}
	r := open(b, log)
	fold := func(events int) {
		log.end.Add(int64(events))
		err := r.each(b.Context(), func(record *brook.Record) error {
			hit, err := bare.DecodeHitJSON(record.Value)
			p := rows[hit.Page]
			if p == nil {
				p = &bare.Page{Name: hit.Page}
				rows[hit.Page] = p
			}
			p.Hits++
			p.Bytes += hit.Bytes
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	fold(n)
	u := measured(n, fold)
	if len(rows) != n {
		b.Fatal(len(rows))
	}
	return u
}

func readLog(b *testing.B, n int) used {
	log := &endless{pages: n}
	r := open(b, log)
	return measured(n, func(events int) {
		log.end.Add(int64(events))
		if err := r.each(b.Context(), func(*brook.Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
	})
}
