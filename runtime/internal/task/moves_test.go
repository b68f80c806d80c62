package task

import (
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// How far a batch moves partitions on, and from where, are of the same partitions, even beside one
// that is only noted as seen.
func TestMovesAreFromWhereTheyBegan(t *testing.T) {
	id := partition.ID{Topic: "in", Number: 1}
	seen := NewPartition(brook.Partition{Topic: "in", End: 5}, nil, 0)
	seen.New = true
	moves := NewPartition(
		brook.Partition{Topic: "in", Number: 1, Start: 5, End: 10}, nil, 0,
	)
	moves.Append(brook.Chunk{Next: 10, End: 10}, nil) // offsets without records
	moved, from := Partitions{seen, moves}.moves()
	if !slices.Equal(positions(moved), []brook.Position{id.At(10)}) ||
		!slices.Equal(from, []brook.Position{id.At(5)}) {
		t.Errorf("from %v to %v, want only %s, from 5 to 10", from, positions(moved), id)
	}
}
