package task

import (
	"slices"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/input"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// How far a batch moves partitions on, and from where, are of the same partitions, even beside one
// that is only noted as seen.
func TestMovesAreFromWhereTheyBegan(t *testing.T) {
	id := partition.ID{Topic: "in", Number: 1}
	seen := &Partition{Queue: input.NewQueue(brook.Partition{Topic: "in", End: 5})}
	seen.New = true
	moves := &Partition{Queue: input.NewQueue(brook.Partition{
		Topic: "in", Number: 1, Start: 5, End: 10,
	})}
	moves.Append(brook.Chunk{Next: 10, End: 10}) // offsets without records
	task := &Task{Partitions: []*Partition{seen, moves}}
	moved, from := task.moves()
	if !slices.Equal(positions(moved), []brook.Position{id.At(10)}) ||
		!slices.Equal(from, []brook.Position{id.At(5)}) {
		t.Errorf("from %v to %v, want only %s, from 5 to 10", from, positions(moved), id)
	}
}
