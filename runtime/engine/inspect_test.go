package engine_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
)

// What is inspected of an app over stores of values and of bytes is what it holds.
func TestInspect(t *testing.T) {
	for name, test := range apptest.Inspections {
		t.Run(name, func(t *testing.T) {
			for name, store := range map[string]brook.Store{
				"values": newStore(), "bytes": bytestore.New(),
			} {
				t.Run(name, func(t *testing.T) { test(t, store) })
			}
		})
	}
}

// A page costs no more for all that is held besides.
func TestInspectMuch(t *testing.T) { apptest.InspectMuch(t, newStore(), 20_000, 4_000) }
