// Package v1 is a package of events and views at its beginning. In v2 and v3 its events have other
// names and newer versions. Tests run them one after another over one store.
package v1

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Captured says that money came.
//
//brook:event payment.captured history=3
type Captured struct {
	ID    string `json:"id" brook:"key"`
	Cents int64  `json:"cents"`
}

// Dataset says where a dataset goes.
//
//brook:event dataset.updated history=all
type Dataset struct {
	ID            string `json:"id" brook:"key"`
	TargetDataset string `json:"targetDataset"`
}

// Noticed is heard by others.
//
//brook:event payment.noticed topic=noticed publish
type Noticed struct {
	ID   string `json:"id" brook:"key"`
	Text string `json:"text"`
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

// Projection folds them.
type Projection struct{}

// Captured refuses negative amounts, which v2 takes.
//
//brook:handle
func (Projection) Captured(e brook.Event[Captured]) (p brook.Change[string, Payment], n brook.Emission[Noticed], err error) {
	if e.Data.Cents < 0 {
		return p, n, errors.New("it is negative")
	}
	p = brook.Merge(e.Data.ID, func(p *Payment) { p.Cents = append(p.Cents, e.Data.Cents) })
	return p, brook.Emit(Noticed{e.Data.ID, "money"}), nil
}

// Dataset appends the target.
//
//brook:handle
func (Projection) Dataset(e brook.Event[Dataset]) brook.Change[string, Target] {
	return brook.Merge(e.Data.ID, func(t *Target) { t.Names = append(t.Names, e.Data.TargetDataset) })
}
