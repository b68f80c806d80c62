package engine

import (
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// How far a batch moves partitions on, and from where, are of the same partitions, also beside one that is only noted as seen.
func TestMovesAreFromWhereTheyBegan(t *testing.T) {
	id := partition.ID{Topic: "in", Number: 1}
	l := &lane{feeds: []*feed{{id: partition.ID{Topic: "in"}, unseen: true}, {id: id, base: 5, next: 10}}}
	moved, from := l.moves()
	if !slices.Equal(positions(moved), []brook.Position{id.At(10)}) || !slices.Equal(from, []brook.Position{id.At(5)}) {
		t.Errorf("from %v to %v, want only %s, from 5 to 10", from, positions(moved), id)
	}
}
