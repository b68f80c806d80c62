// Package prooftest holds handlers that the partition proof is judged by: what it proves, what it
// leaves open, and what an adversary would write. Above each stands which it is to be. The tests
// run every handler too, and see which keys it touches: one that is proved must touch none that
// does not begin with its event's key.
package prooftest

import brook "github.com/brookgen/brookgen/runtime"

// Placed has a string as its key.
//
//brook:event placed
type Placed struct {
	ID   string `json:"id" brook:"key"`
	Org  string `json:"org"`
	N    int64  `json:"n"`
	Sub  Sub    `json:"sub"`
	Tags []string
}

// Sub is part of Placed.
type Sub struct{ Code string }

// Moved has two fields as its key.
//
//brook:event moved key=Org,ID
type Moved struct{ Org, ID, Other string }

// Counted has a number as its key.
//
//brook:event counted
type Counted struct {
	N     int64 `json:"n" brook:"key"`
	Small int32
	Word  int
}

// Sized has a number as its key whose size depends on the machine.
//
//brook:event sized
type Sized struct {
	N int `json:"n" brook:"key"`
}

// Base carries the key of Held.
type Base struct {
	ID string `json:"id" brook:"key"`
}

// Held has its key in an embedded struct.
//
//brook:event held
type Held struct {
	Base
	Org string
}

// Inner has its key in a struct.
//
//brook:event inner key=At.ID
type Inner struct {
	At  Base
	Org string
}

// Paired has a struct as its key.
//
//brook:event paired key=Key
type Paired struct {
	Key   PairKey
	Other string
}

// Nested has a key of three parts.
//
//brook:event nested key=At
type Nested struct{ At TripleKey }

// Behind has its key behind a pointer.
//
//brook:event behind key=At.ID
type Behind struct{ At *Base }

// OrderID is a key of a type of its own.
type OrderID string

// Named has a key of a type of its own.
//
//brook:event named
type Named struct {
	ID    OrderID `json:"id" brook:"key"`
	Other OrderID
}

// Word is its key.
//
//brook:event word key=.
type Word string

// Stamped has bytes as its key.
//
//brook:event stamped
type Stamped struct {
	ID    [4]byte `json:"id" brook:"key"`
	Other [4]byte
}

// Row is a row by a string.
//
//brook:collection rows key=string history=off
type Row struct{ N int64 }

// LineKey begins with an ID.
type LineKey struct {
	ID string
	No int
}

// Line is a row below an ID.
//
//brook:collection lines key=LineKey history=off
type Line struct{ N int64 }

// PairKey is a pair.
type PairKey struct{ Org, ID string }

// Pair is a row of a pair.
//
//brook:collection pairs key=PairKey history=off
type Pair struct{ N int64 }

// TripleKey begins with a pair.
type TripleKey struct {
	Pair PairKey
	No   int
}

// Triple is a row below a pair.
//
//brook:collection triples key=TripleKey history=off
type Triple struct{ N int64 }

// Leaf is a row of a triple, for events that are keyed so.
//
//brook:collection leaves key=TripleKey history=off
type Leaf struct{ N int64 }

// Mixed is a row of a pair, for events of two kinds of keys.
//
//brook:collection mixed key=PairKey history=off
type Mixed struct{ N int64 }

// Count is a row by a number.
//
//brook:collection counts key=int64 history=off
type Count struct{ N int64 }

// Order is a row by an OrderID.
//
//brook:collection orders key=OrderID history=off
type Order struct{ N int64 }

// Mark is a row by bytes.
//
//brook:collection marks key=MarkKey history=off
type Mark struct{ N int64 }

// MarkKey is a key of bytes.
type MarkKey [4]byte

// What handlers of this package work with.
type (
	rows      = brook.View[string, Row]
	lines     = brook.View[LineKey, Line]
	pairs     = brook.View[PairKey, Pair]
	changed   = brook.Change[string, Row]
	line      = brook.Change[LineKey, Line]
	placed    = brook.Event[Placed]
	moved     = brook.Event[Moved]
	container struct{ list []changed }
)
