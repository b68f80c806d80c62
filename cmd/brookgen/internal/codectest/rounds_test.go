package codectest

import (
	"testing"

	"github.com/brookgen/brookgen/internal/race"
)

// rounds returns how many of n random values a test takes. There is no goroutine in what is tested,
// so a twentieth is enough for the race detector, which makes it ten times as slow.
func rounds(n int) int {
	if testing.Short() || race.Enabled {
		return n / 20
	}
	return n
}
