package pebble

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What both have: as badgerstore with its default of 640 MiB.
const (
	memtable = 64 << 20
	cache    = 102 << 20 // of blocks and indexes
)

// engine is a database that has one writer. What set and remove are given stays as it is until
// commit.
type engine interface {
	begin()
	set(key, value []byte) error
	remove(key []byte) error
	commit() error
	get(key, dst []byte) ([]byte, error)
	scan(prefix []byte) (int, error)
	close() error
}

// none is no database: what it costs to make the writes.
type none struct{}

func (none) begin()                            {}
func (none) set(_, _ []byte) error             { return nil }
func (none) remove([]byte) error               { return nil }
func (none) commit() error                     { return nil }
func (none) get(_, dst []byte) ([]byte, error) { return dst, nil }
func (none) scan([]byte) (int, error)          { return 0, nil }
func (none) close() error                      { return nil }
func openNone(*testing.B, string, bool) engine { return none{} }

var engines = []struct {
	name string
	open func(b *testing.B, dir string, sync bool) engine
}{{"none", openNone}, {"badger", openBadger}, {"pebble", openPebble}}

// each runs f over each engine, synced and not.
func each(b *testing.B, f func(b *testing.B, e engine)) {
	for _, kind := range engines {
		for _, sync := range []bool{false, true} {
			b.Run(kind.name+"/"+map[bool]string{false: "nosync", true: "sync"}[sync],
				func(b *testing.B) {
					dir := b.TempDir()
					e := kind.open(b, dir, sync)
					f(b, e)
					resident, anonymous := memory(b)
					b.ReportMetric(resident, "MB-rss")
					b.ReportMetric(anonymous, "MB-anon")
					b.ReportMetric(disk(b, dir), "MB-disk")
					before := cpu()
					if err := e.close(); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric((cpu() - before).Seconds(), "cpu-s-close")
					b.ReportMetric(disk(b, dir), "MB-disk-closed")
				})
		}
	}
}

// cpu returns the CPU time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory returns what of the process is in memory, and what of that is no file, in MB.
func memory(b *testing.B) (resident, anonymous float64) {
	b.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, 0 // no Linux
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
	return resident, anonymous
}

// disk returns what the blocks of the files take, in MB: Badger's logs are sparse.
func disk(b *testing.B, dir string) float64 {
	b.Helper()
	n := int64(0)
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file that a compaction removed meanwhile
		}
		if info, err := d.Info(); err == nil {
			n += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(n) / (1 << 20)
}
