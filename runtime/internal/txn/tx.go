// Package txn is the transaction that the handlers of an event read and change: package overlay's
// uncommitted changes over what the store holds, with a savepoint for each handler set, the upkeep
// of indexes and unique values, and the read set that a commit to a shared store is checked by.
//
// Tx is put together from parts that can be used alone: Base reads the store (with Faults, ReadSet
// and Prefetched), Scope says which rows an event may touch, Loan which views may be used now.
//
// Each task of package task owns one Tx and uses it from one goroutine at a time, the one that
// holds the task. There are no locks, with one exception: a view that was lent to a handler may be
// used by goroutines that the handler started, so every such use holds the mutex of the loan, and
// Returned waits for it. Calls of the task itself touch the rest without the mutex: nothing is lent
// then.
package txn

import (
	"context"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/overlay"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Tx is a transaction: an overlay of changes that are not committed yet over what the store holds,
// with savepoints. Handlers read through it. It serves event after event, and batch after batch. It
// is used by one goroutine at a time; lent views are the exception, see Lend.
type Tx struct {
	overlay.Overlay
	Base
	Scope
	Loan
	recorder
	indexes
	misses
	waiting
	buf []byte // scratch: an encoded key
}

// New returns a transaction over a package's collections. It needs tables before its first use: see
// On.
func New(collections []*brook.Collection, layout *schema.Layout, reader brook.Reader) *Tx {
	tx := &Tx{
		Overlay: overlay.New(layout.Slots),
		Base:    Base{reader: reader, typed: make([]*brook.Collection, layout.Slots)},
		indexes: indexes{collections: collections, layout: layout},
	}
	for ordinal, slot := range layout.Rows {
		tx.typed[slot] = collections[ordinal]
	}
	return tx
}

// Event is what a transaction needs to know of an event before it begins.
type Event struct {
	Ctx      context.Context
	Confined bool // it may only touch rows whose keys begin with its own, see Confine
	Redriven bool // it was a dead letter: histories may have it already
}

// Begin starts an event, under a savepoint of its own.
func (tx *Tx) Begin(e Event) {
	tx.ctx, tx.fault = e.Ctx, nil
	tx.recorder = recorder{redriven: e.Redriven}
	tx.Scope = Scope{}
	if e.Confined {
		tx.Scope.prefix = []byte{}
	}
	tx.Overlay.Begin()
	tx.Savepoint()
}

// Savepoint begins a handler set: Rollback returns to this point.
func (tx *Tx) Savepoint() {
	tx.Overlay.Savepoint()
	tx.Loan.Next()
	tx.failed = nil
	tx.misses.forget()
}

// Failed reports whether the current set has failed already, for whatever reason.
func (tx *Tx) Failed() bool { return tx.failed != nil || tx.crossKey || tx.fault != nil }

// Release brings the indexes up to date with the rows that the current set wrote. Unique values are
// reserved once all old entries are removed, so that rows may swap theirs. It returns
// brook.ErrUnique if another row has a value that is reserved.
func (tx *Tx) Release() error {
	needed := tx.indexes.updateAll(&tx.Overlay)
	for i := range needed {
		if err := tx.reserve(&needed[i]); err != nil {
			return err
		}
	}
	return nil
}

// reserve grants a unique value, or returns brook.ErrUnique if another row has it.
func (tx *Tx) reserve(r *reservation) error {
	slot := tx.indexes.slot(r)
	if !tx.Complete(slot) {
		return brook.ErrNotReady
	}
	from, to := r.span()
	holder, err := r.holder(tx.merged(slot, from, to)) // it may be out of the event's scope
	if err != nil {
		return err
	}
	if holder != nil {
		return tx.indexes.refuse(r, holder)
	}
	tx.indexes.grant(&tx.Overlay, r)
	return nil
}

// Reset forgets all changes and reads: after a commit, or to start the batch anew.
func (tx *Tx) Reset() {
	tx.Overlay.Reset()
	tx.Base.reset()
	clear(tx.waiting.before)
}

// Writes appends to dst what the transaction changed, in the order of the first touch of each row.
func (tx *Tx) Writes(dst []brook.Write) []brook.Write { return tx.Overlay.Writes(dst, tx.tables) }

// SetHistories replaces the histories of all rows of a collection that the transaction touched. Nil
// entries only remove those before this batch.
func (tx *Tx) SetHistories(ordinal int, entries []*brook.HistoryEntry) {
	tx.Overlay.SetHistories(tx.layout.Rows[ordinal], entries)
}
