package redisstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

// 17 MB are more than a commit takes where Limit is not given.
func TestLargeRecords(t *testing.T) {
	apptest.LargeRecords(t, open(t, client(t), apart(t)), 17_000_000, true)
}
