package effects

// The limits of lines, for tests.
const (
	LineBuffer = lineBuffer
	StuckAfter = stuckAfter
	MostQueued = mostQueued
)
