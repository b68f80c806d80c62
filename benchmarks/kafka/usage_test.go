package kafka

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// usage is what this process took: on a machine where others work too, time of the processor says
// more than time that passed.
type usage struct {
	processor time.Duration
	bytes     uint64 // allocated
	objects   uint64
}

// used gives what the process took since it began.
func used(b *testing.B) usage {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{time.Duration(r.Utime.Nano() + r.Stime.Nano()), m.TotalAlloc, m.Mallocs}
}

// report reports what each of n events took since before.
func (before usage) report(b *testing.B, n int) {
	b.Helper()
	usage{}.plus(used(b), before).per(b, n)
}

// plus returns u with what was taken between two moments.
func (u usage) plus(now, before usage) usage {
	return usage{u.processor + now.processor - before.processor, u.bytes + now.bytes - before.bytes,
		u.objects + now.objects - before.objects}
}

// per reports u as what each of n events took.
func (u usage) per(b *testing.B, n int) {
	b.ReportMetric(float64(u.processor)/float64(n), "cpu-ns/event")
	b.ReportMetric(float64(u.bytes)/float64(n), "B/event")
	b.ReportMetric(float64(u.objects)/float64(n), "allocs/event")
}
