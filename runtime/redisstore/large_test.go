package redisstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// What is more than a commit may send.
func TestLargeRecords(t *testing.T) {
	apptest.LargeRecords(t, open(t, client(t), apart(t), redisstore.Limit(1<<20)), 1_200_000, true)
}

// Letters keep null and empty values apart.
func TestEventsWithoutData(t *testing.T) {
	apptest.EventsWithoutData(t, open(t, client(t), apart(t)))
}
