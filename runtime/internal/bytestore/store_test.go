package bytestore_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) brook.Store { return bytestore.New() })
}

func TestFarStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) brook.Store { return bytestore.NewFar() })
}

func TestStoreAgain(t *testing.T) {
	storetest.RunReopen(t, func(*testing.T) (brook.Store, func() brook.Store) {
		s := bytestore.New()
		return s, func() brook.Store { return s }
	})
}
