package delivery

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Definition is all that the generator knows of a package, for [NewApp]. Generated code uses it.
type Definition struct {
	Sets        []string // names of the handler sets, in order
	Collections []brook.AnyCollection
	Events      []brook.AnyEvent // all that are handled, published or discarded
	Handlers    []plan.Handler
	Discards    []string // types that are received and ignored on purpose

	// Lane makes the dispatch of one lane: a function that decodes an event, calls its
	// handlers and applies what they give, all through tx.
	Lane func(tx *txn.Tx) func(*Delivery)
	// Outgoing encodes an event of whichever type; false where its type is not the package's.
	Outgoing func(o brook.Outgoing, out *brook.Outbound) bool
}
