package badgerstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/internal/race"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// What is inspected of an app is what the disk holds.
func TestInspect(t *testing.T) {
	for name, test := range apptest.Inspections {
		t.Run(name, func(t *testing.T) { test(t, open(t, t.TempDir(), badgerstore.NoSync())) })
	}
}

// A page costs no more for all that is held besides.
func TestInspectMuch(t *testing.T) {
	rows, letters := 100_000, 10_000
	if race.Enabled {
		rows, letters = 5_000, 1_000
	}
	apptest.InspectMuch(t, open(t, t.TempDir(), badgerstore.NoSync()), rows, letters)
}
