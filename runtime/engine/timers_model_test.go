package engine_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
)

// Whatever happens, timers are what the plainest program makes of the log (rule 38).
func TestTimersEqualANaiveModel(t *testing.T) {
	seed := rand.Uint64()
	for n := range uint64(60) {
		if t.Failed() {
			return
		}
		apptest.Timers(t, newStore(), newStore, seed+n, 60)
	}
}

// Timers wait for code in which their event has another name and a newer version, and are left alone
// by code that does not know it.
func TestTimersGrown(t *testing.T) { apptest.TimersGrown(t, lasting{bytestore.New()}) }
