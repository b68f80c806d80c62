package deadletter

import (
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// letterOf returns a letter of a set and a key at an offset; without a key for "-".
func letterOf(set, key string, offset int64) *Letter {
	l := &Letter{DeadLetter: brook.DeadLetter{Stage: brook.StageHandle, Set: set, Key: []byte(key),
		Position: brook.Position{Topic: "orders", Offset: offset}}}
	if key == "-" {
		l.Key = nil
	}
	return l
}

// wantBlocker checks which letter blocks a key, -1: none.
func wantBlocker(t *testing.T, b *Blocked, set, key string, before, want int64) {
	t.Helper()
	got, ok := b.Blocker(set, []byte(key), before)
	if !ok {
		got = -1
	}
	if got != want {
		t.Errorf("%s of %s below %d: blocked by %d, want %d", key, set, before, got, want)
	}
}

// A key waits for the last letter before an event, of its set or of all sets.
func TestBlocker(t *testing.T) {
	var b Blocked
	wantBlocker(t, &b, "s", "k", 100, -1)
	want(t, "empty", b.Empty(), true)
	for _, l := range []*Letter{letterOf("s", "k", 20), letterOf("s", "k", 10),
		letterOf("s", "k", 30),
		letterOf("t", "k", 40), letterOf("s", "l", 50), letterOf("", "k", 25), letterOf("s", "",
			60)} {
		b.Add(l, true)
	}
	for before, last := range map[int64]int64{0: -1, 10: -1, 11: 10, 20: 10, 21: 20, 25: 20, 26: 25,
		30: 25, 31: 30, 1000: 30} {
		wantBlocker(t, &b, "s", "k", before, last)
	}
	wantBlocker(t, &b, "t", "k", 1000, 40)
	wantBlocker(t, &b, "t", "k", 40, 25)
	wantBlocker(t, &b, "u", "k", 1000, 25)
	wantBlocker(t, &b, "s", "l", 1000, 50)
	wantBlocker(t, &b, "t", "l", 1000, -1)
	wantBlocker(t, &b, "s", "", 1000, 60) // an empty key is one
	want(t, "letters", b.Len(), 7)

	b.Remove(letterOf("s", "k", 30))
	wantBlocker(t, &b, "s", "k", 1000, 25)
	b.Remove(letterOf("", "k", 25))
	wantBlocker(t, &b, "s", "k", 1000, 20)
	wantBlocker(t, &b, "u", "k", 1000, -1)
	b.Remove(letterOf("s", "k", 10))
	wantBlocker(t, &b, "s", "k", 1000, 20)
	want(t, "letters", b.Len(), 4)
	for _, l := range []*Letter{letterOf("s", "k", 20), letterOf("t", "k", 40),
		letterOf("s", "l", 50),
		letterOf("s", "", 60)} {
		b.Remove(l)
	}
	want(t, "empty in the end", b.Empty(), true)
	want(t, "letters in the end", b.Len(), 0)
}

// Letters without a key, those that are not to block and those of stage emit count alone.
func TestLettersThatBlockNothing(t *testing.T) {
	var b Blocked
	emission := letterOf("s", "k", 1)
	emission.Stage = brook.StageEmit
	all := []*Letter{emission, letterOf("s", "-", 2), letterOf("s", "k", 3)}
	for _, l := range all {
		b.Add(l, l.Position.Offset != 3)
	}
	want(t, "empty", b.Empty(), true)
	wantBlocker(t, &b, "s", "k", 100, -1)
	wantBlocker(t, &b, "s", "", 100, -1)
	want(t, "letters", b.Len(), 3)
	b.Add(letterOf("s", "k", 4), true)
	for _, l := range all {
		b.Remove(l)
	}
	wantBlocker(t, &b, "s", "k", 100, 4)
	want(t, "letters", b.Len(), 1)
}

// Letters of stage emit are counted beside the task, also while it reads all others anew.
func TestEmissionsBesideTheLane(t *testing.T) {
	var b Blocked
	b.Add(letterOf("s", "k", 1), true)
	var beside sync.WaitGroup
	for range 4 {
		beside.Go(func() {
			for range 100 {
				b.AddAfter()
			}
		})
	}
	for range 100 {
		var other Blocked
		other.Add(letterOf("s", "l", 2), true)
		other.Add(letterOf("s", "l", 1), true)
		other.AddAfter()
		b.Replace(&other)
		b.Len()
	}
	beside.Wait()
	want(t, "letters", b.Len(), 402)
	wantBlocker(t, &b, "s", "k", 100, -1)
	wantBlocker(t, &b, "s", "l", 100, 2)
}
