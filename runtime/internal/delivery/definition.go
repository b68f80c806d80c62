package delivery

import (
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/jobs"
	"github.com/brookgen/brookgen/runtime/internal/masking"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Definition is all that the generator knows of a package, for engine.NewApp. Generated code uses
// it.
type Definition struct {
	Sets        []string // names of the handler sets, in order
	Collections []*brook.Collection
	Events      []*brook.EventDef // all that are handled, published or discarded
	Handlers    []plan.Handler
	Code        []string // hashes of the handlers' code, in the order of Handlers; nil: not known
	Workers     []jobs.Worker
	Discards    []string // types that are received and ignored on purpose

	// Lane returns the dispatch of one task: a function that decodes an event, calls its handlers
	// and applies what they return, all through tx.
	Lane func(tx *txn.Tx) func(*Delivery)
	// EventOf returns the event type whose payload data points to; nil if it is none of the
	// package's.
	EventOf func(data any) *brook.EventDef
}

// Coded returns the handlers with the hashes of their code.
func (d *Definition) Coded() []plan.Handler {
	handlers := slices.Clone(d.Handlers)
	for i := range min(len(handlers), len(d.Code)) {
		handlers[i].Code = d.Code[i]
	}
	return handlers
}

// Masks returns what masks the payloads of the events and jobs, nil if nothing in them is pii.
func (d *Definition) Masks() *masking.Masks {
	defs := slices.Clone(d.Events)
	for _, w := range d.Workers {
		defs = append(defs, w.Job)
	}
	return masking.New(defs...)
}
