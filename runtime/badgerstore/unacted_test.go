package badgerstore_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A rebuild by code without the bug emits what dead letters never did, once (rule 26).
func TestWhatALetterNeverDidHappensAfterTheFix(t *testing.T) {
	apptest.Unacted(t, memdriver.New(), open(t, t.TempDir(), badgerstore.NoSync()), nil, nil)
}

// A row that the code's types can't hold makes letters that name Rebuild, which repairs it.
func TestNarrowedRowIsALetter(t *testing.T) {
	apptest.Narrowed(t, open(t, t.TempDir(), badgerstore.NoSync()))
}

// A unique tag that is refused and taken back leaves the index whole.
func TestUniqueTagTakenBack(t *testing.T) {
	apptest.UniqueTakenBack(t, open(t, t.TempDir(), badgerstore.NoSync()))
}

// Events that got other names and newer versions are the events that they were.
func TestGrown(t *testing.T) {
	apptest.Grown(t, open(t, t.TempDir(), badgerstore.NoSync()), 3)
}

// Timers wait for code in which their event has another name and a newer version.
func TestTimersGrown(t *testing.T) {
	apptest.TimersGrown(t, open(t, t.TempDir(), badgerstore.NoSync()))
}
