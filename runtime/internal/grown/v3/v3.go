// Package v3 is v2 after an event got its third name and another its third version.
package v3

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// Paid says that money came.
//
//brook:event payment.paid was=payment.settled,payment.captured history=3
type Paid struct {
	ID    string `json:"id" brook:"key"`
	Cents int64  `json:"cents"`
}

// DatasetV1 knew one target.
//
//brook:event dataset.updated version=1
type DatasetV1 struct {
	ID            string `json:"id" brook:"key"`
	TargetDataset string `json:"targetDataset"`
}

// Upcast takes no dataset without a target, and panics at one that is called so.
//
//brook:upcast
func (d DatasetV1) Upcast() (DatasetV2, error) {
	switch d.TargetDataset {
	case "":
		return DatasetV2{}, errors.New("there is no target")
	case "panic":
		panic("at the upcaster")
	}
	return DatasetV2{d.ID, []string{d.TargetDataset}}, nil
}

// DatasetV2 knew names alone.
//
//brook:event dataset.updated version=2
type DatasetV2 struct {
	ID             string   `json:"id" brook:"key"`
	TargetDatasets []string `json:"targetDatasets"`
}

// Upcast makes targets of names.
//
//brook:upcast
func (d DatasetV2) Upcast() Dataset {
	next := Dataset{ID: d.ID}
	for _, name := range d.TargetDatasets {
		next.Targets = append(next.Targets, Goal{name})
	}
	return next
}

// Dataset says where a dataset goes.
//
//brook:event dataset.updated version=3 history=all
type Dataset struct {
	ID      string `json:"id" brook:"key"`
	Targets []Goal `json:"targets"`
}

// Goal is one place where a dataset goes.
type Goal struct {
	Name string `json:"name"`
}

// Payment is what came from one payer.
//
//brook:collection payments
type Payment struct {
	ID    string  `json:"id" brook:"key"`
	Cents []int64 `json:"cents"`
}

// Target is where a dataset goes.
//
//brook:collection targets
type Target struct {
	ID    string   `json:"id" brook:"key"`
	Names []string `json:"names"`
}

// Ledger folds them.
type Ledger struct{}

// Paid appends the amount.
//
//brook:handle
func (Ledger) Paid(e brook.Event[Paid]) brook.Change[string, Payment] {
	return brook.Merge(e.Data.ID, func(p *Payment) { p.Cents = append(p.Cents, e.Data.Cents) })
}

// Dataset appends the targets, without blanks around them.
//
//brook:handle
func (Ledger) Dataset(e brook.Event[Dataset]) brook.Change[string, Target] {
	return brook.Merge(e.Data.ID, func(t *Target) {
		for _, goal := range e.Data.Targets {
			t.Names = append(t.Names, strings.TrimSpace(goal.Name))
		}
	})
}
