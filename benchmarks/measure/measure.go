// Package measure has what several benchmarks tell: the CPU time that was used, and a card of the
// machine that they ran on.
package measure

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the CPU time that the process has used, its own and the kernel's for it.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ThreadCPU returns the CPU time that the calling thread has used, to the nanosecond, where
// getrusage may lag by a tick. The goroutine must be locked to its thread.
func ThreadCPU() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
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
