package redisstore_test

import (
	"math/rand/v2"
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/redis/go-redis/v9"
)

// A rebuild by code without the bug emits what dead letters never did, once (rule 26).
func TestWhatALetterNeverDidHappensAfterTheFix(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Unacted(t, memdriver.New(), open(t, connect(t), apart(t)), nil, nil)
	})
}

// A row that the code's types can't hold makes letters that name Rebuild, which repairs it.
func TestNarrowedRowIsALetter(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Narrowed(t, open(t, connect(t), apart(t)))
	})
}

// A unique tag that is refused and taken back leaves the index whole.
func TestUniqueTagTakenBack(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.UniqueTakenBack(t, open(t, connect(t), apart(t)))
	})
}

// Events that got other names and newer versions are the events that they were.
func TestGrown(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Grown(t, open(t, connect(t), apart(t)), 3)
	})
}

// Timers are what the plainest program makes of the log, whatever happens (rule 38).
func TestTimersEqualANaiveModel(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.Timers(t, open(t, connect(t), apart(t)), nil, rand.Uint64(), 40)
	})
}

// Timers wait for code in which their event has another name and a newer version.
func TestTimersGrown(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		apptest.TimersGrown(t, open(t, connect(t), apart(t)))
	})
}
