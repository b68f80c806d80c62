// Package measure has what several benchmarks tell: the CPU time that was used, and a card of the
// machine that they ran on.
package measure

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"time"
)

// CPU returns the CPU time that the process has used, its own and the kernel's for it.
func CPU() time.Duration { return used(syscall.RUSAGE_SELF) }

// ThreadCPU returns the CPU time that the calling thread has used. The goroutine must be locked to
// its thread.
func ThreadCPU() time.Duration {
	const thread = 1 // RUSAGE_THREAD of Linux
	return used(thread)
}

func used(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// GC returns the CPU time that the collector has used, as of its last cycle.
func GC() time.Duration {
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(sample)
	return time.Duration(sample[0].Value.Float64() * float64(time.Second))
}

var card sync.Once

// PrintCard prints the machine and the run, the first time that it is called: lines of the form
// that "go test -bench" has for such things.
func PrintCard() {
	card.Do(func() {
		fmt.Printf("cores: %d\n", runtime.GOMAXPROCS(0))
		fmt.Printf("go: %s\n", runtime.Version())
		fmt.Printf("gogc: %s\n", setting("GOGC", "100"))
		if load, err := os.ReadFile("/proc/loadavg"); err == nil {
			fmt.Printf("load: %s\n", strings.Join(strings.Fields(string(load))[:3], " "))
		}
	})
}

func setting(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
