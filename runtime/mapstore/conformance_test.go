package mapstore_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) brook.Store { return mapstore.New() })
}

// An app that is opened again in the same process finds its tables by name.
func TestStoreAgain(t *testing.T) {
	storetest.RunReopen(t, func(*testing.T) (brook.Store, func() brook.Store) {
		s := mapstore.New()
		return s, func() brook.Store { return s }
	})
}
