package deadletter

import (
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Runs says which of many letters, tried again in log order, come to their turn: of each handler
// set and key the longest run up to the first one that stays. The zero Runs is ready for use.
type Runs struct{ ended map[run]bool }

// run is what letters are tried in order of.
type run struct {
	id  partition.ID
	key BlockedKey
}

func runOf(l *Letter, set string) run {
	return run{partition.Of(l.Position), BlockedKey{Set: set, Key: string(l.Key)}}
}

// free reports whether a letter waits for no other, and no other for it.
func free(l *Letter) bool { return l.Key == nil || l.AfterCommit() }

// Waits reports whether a letter has to wait because one before it stays.
func (r *Runs) Waits(l *Letter) bool {
	return !free(l) && (r.ended[runOf(l, l.Set)] || r.ended[runOf(l, "")])
}

// Stays notes that a letter stays: those behind it wait.
func (r *Runs) Stays(l *Letter) {
	if free(l) {
		return
	}
	if r.ended == nil {
		r.ended = map[run]bool{}
	}
	r.ended[runOf(l, l.Set)] = true
}
