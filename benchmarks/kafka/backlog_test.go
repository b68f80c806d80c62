package kafka

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// fewUsers is how many accounts have the backlog: what is kept of it is small.
const fewUsers = 1_000

// BenchmarkBacklog folds a long backlog over few keys in memory: MB-peak is the most of the
// machine's memory that the process had while it did, MB-before what it had when it began.
func BenchmarkBacklog(b *testing.B) {
	if _, err := os.Stat("/proc/self/clear_refs"); errors.Is(err, fs.ErrNotExist) {
		b.Skip("NOT MEASURED: only Linux tells the most that a process had")
	}
	t := newFilledTopic(b, number(b, "BROOK_KAFKA_BACKLOG", 10_000_000), fewUsers)
	for _, p := range []peer{
		{name: bareGroup, run: discardGroup},
		{name: "map/sarama+hand-decoder", folds: true, run: foldByHand},
		{name: "map/brook", folds: true, run: foldMap},
	} {
		b.Run(p.name, func(b *testing.B) {
			before, peak := 0.0, 0.0
			for b.Loop() {
				debug.FreeOSMemory()
				if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak is what there is
					b.Fatal(err)
				}
				before = max(before, resident(b, "VmRSS"))
				got, taken := p.run(b, t)
				peak = max(peak, resident(b, "VmHWM"))
				got.check(b, &t.sum, p.folds)
				b.ReportMetric(float64(t.sum.events)/taken.Seconds(), "events/s")
			}
			b.ReportMetric(before, "MB-before")
			b.ReportMetric(peak, "MB-peak")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// resident gives a line of the process's status in MB.
func resident(b *testing.B, name string) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			kB, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kB / 1024
		}
	}
	b.Fatalf("the process's status has no %s", name)
	return 0
}
