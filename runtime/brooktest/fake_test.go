package brooktest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// fakeT is a test that keeps what it reports, for the examples and for tests of failures.
type fakeT struct {
	out      io.Writer // of failures
	failures []string
	cleanups []func()
}

// fatal ends a fake test.
type fatal struct{}

func (t *fakeT) Helper()                  {}
func (t *fakeT) Context() context.Context { return context.Background() }
func (t *fakeT) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *fakeT) Output() io.Writer        { return io.Discard }

func (t *fakeT) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
	if t.out != nil {
		fmt.Fprintln(t.out, t.failures[len(t.failures)-1])
	}
}

func (t *fakeT) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(fatal{})
}

// run runs a test to its end and returns how it failed.
func run(test func(t *fakeT)) string {
	t := &fakeT{}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (fatal{}) {
				panic(p)
			}
		}()
		test(t)
	}()
	t.end()
	return strings.Join(t.failures, "\n")
}

func (t *fakeT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
