package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// Whatever is done with an app, and whenever it crashes, it shows what a naive model does.
func TestRandomAppsEqualANaiveModel(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i),
			func(t *testing.T) { apptest.Random(t, newStore(), nil, rand.Uint64(), 50) })
	}
}
