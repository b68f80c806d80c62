package engine

import (
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/txn"
)

// Tx is the transaction that handlers read and change. Generated code uses it.
type Tx = txn.Tx

// Handler is what the signature of a handler says, and what was proved of its body. Generated
// code uses it.
type Handler = plan.Handler

// IndexRef names an index. Generated code uses it.
type IndexRef = plan.IndexRef

// Definition is all that the generator knows of a package, for [NewApp]. Generated code uses it.
type Definition = delivery.Definition

// Delivery is one event on its way through the handler sets of a package. Generated code uses it.
type Delivery = delivery.Delivery
