package badger

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// most bounds the benchmarks that need long to be set up.
var most = flag.Int("keys", 10_000_000, "the largest number of keys to measure with")

var sizes = []int{10_000, 100_000, 1_000_000, 10_000_000}

// bySize calls f once for each size up to most; its sub-benchmarks share what it sets up.
func bySize(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range sizes {
		if n <= *most {
			b.Run(fmt.Sprint(n), func(b *testing.B) { f(b, n) })
		}
	}
}

// BenchmarkKeys folds b.N events over more and more rows, with and without history, and reads such
// rows. It tells the memory that the process has then, and the size of the store on the disk.
// Making 10⁷ rows with histories takes some minutes.
func BenchmarkKeys(b *testing.B) {
	for _, history := range []bool{false, true} {
		b.Run(map[bool]string{true: "history", false: "rows"}[history], func(b *testing.B) {
			bySize(b, func(b *testing.B, n int) {
				log := &endless{rows: n, history: history}
				f := newFixtureOver(b, log, badgerstore.NoSync())
				log.end.Store(int64(n))
				begin := time.Now()
				f.catchUp(b)
				made := time.Since(begin)
				b.Run("fold", func(b *testing.B) {
					log.end.Add(int64(b.N))
					f.catchUp(b)
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
					b.ReportMetric(float64(n)/made.Seconds(), "made/s")
					heap, resident, anonymous := memory(b)
					b.ReportMetric(heap, "MB-heap")
					b.ReportMetric(resident, "MB-rss")
					b.ReportMetric(anonymous, "MB-anon") // of which; the rest is files mapped into memory
					b.ReportMetric(float64(onDisk(b, f.dir))/(1<<20), "MB-disk")
				})
				b.Run("get", func(b *testing.B) {
					b.ReportAllocs()
					b.ResetTimer()
					for id := range ids(b.N, n) {
						var err error
						if history {
							_, err = f.Views.Counters.Get(id)
						} else {
							_, err = f.Views.Tallies.Get(id)
						}
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		})
	}
}

// memory gives what is in use of Go's heap, what of the process is in memory, and what of that is
// no file, in MB.
func memory(b *testing.B) (heap, resident, anonymous float64) {
	b.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return float64(m.HeapAlloc) / (1 << 20), 0, 0 // no Linux
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
		switch name {
		case "VmRSS":
			resident = kb / 1024
		case "RssAnon":
			anonymous = kb / 1024
		}
	}
	return float64(m.HeapAlloc) / (1 << 20), resident, anonymous
}

func onDisk(b *testing.B, dir string) (n int64) {
	b.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".sst") {
			n += info.Size()
		}
	}
	return n
}
