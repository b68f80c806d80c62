package deadletter_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
)

func TestRuns(t *testing.T) {
	letter := func(partition int32, set, key, stage string) *deadletter.Letter {
		l := &deadletter.Letter{DeadLetter: brook.DeadLetter{Position: brook.Position{Topic: "t", Partition: partition}, Set: set, Stage: stage}}
		if key != "" {
			l.Key = []byte(key)
		}
		return l
	}
	const handle = brook.StageHandle
	for name, c := range map[string]struct {
		stays, next *deadletter.Letter
		waits       bool
	}{
		"of the same set and key": {letter(0, "A", "k", handle), letter(0, "A", "k", handle), true},
		"of another key":          {letter(0, "A", "k", handle), letter(0, "A", "l", handle), false},
		"of another set":          {letter(0, "A", "k", handle), letter(0, "B", "k", handle), false},
		"of another partition":    {letter(0, "A", "k", handle), letter(1, "A", "k", handle), false},
		"behind one of all sets":  {letter(0, "", "k", handle), letter(0, "A", "k", handle), true},
		"of all sets, behind one of a set": {letter(0, "A", "k", handle),
			letter(0, "", "k", handle), false},
		"without key": {letter(0, "A", "", handle), letter(0, "A", "", handle), false},
		"an emission waits for nobody": {letter(0, "A", "k", handle),
			letter(0, "A", "k", brook.StageEmit), false},
		"and nobody waits for an emission": {letter(0, "A", "k", brook.StageEmit),
			letter(0, "A", "k", handle), false},
	} {
		t.Run(name, func(t *testing.T) {
			var r deadletter.Runs
			if r.Waits(c.next) {
				t.Fatal("it waits for nothing")
			}
			r.Stays(c.stays)
			if got := r.Waits(c.next); got != c.waits {
				t.Errorf("waits: %t, want %t", got, c.waits)
			}
		})
	}
}
