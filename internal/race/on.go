//go:build race

package race

// Enabled reports whether the test runs under the race detector.
const Enabled = true
