package brooktest

import (
	"context"
	"io"
)

// TB is the part of a test that this package needs. Every *testing.T, B and F is one.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Output() io.Writer
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}
