package memdriver_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

func TestDriver(t *testing.T) {
	drivertest.Run(t, func(*testing.T) brook.Driver {
		return memdriver.New(memdriver.Partitions(3))
	})
}

// A wrapper whose fault never strikes changes nothing.
func TestDriverFaulty(t *testing.T) {
	drivertest.Run(t, func(*testing.T) brook.Driver {
		return drivertest.Faulty(memdriver.New(), drivertest.NewFault(drivertest.Fail, 0))
	})
}
