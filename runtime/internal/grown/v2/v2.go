// Package v2 is v1 after events got other names and second versions.
package v2

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Settled says that money came.
//
//brook:event payment.settled was=payment.captured history=3
type Settled struct {
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

// Upcast takes no dataset without a target.
//
//brook:upcast
func (d DatasetV1) Upcast() (Dataset, error) {
	if d.TargetDataset == "" {
		return Dataset{}, errors.New("there is no target")
	}
	return Dataset{d.ID, []string{d.TargetDataset}}, nil
}

// Dataset says where a dataset goes.
//
//brook:event dataset.updated version=2 history=all
type Dataset struct {
	ID             string   `json:"id" brook:"key"`
	TargetDatasets []string `json:"targetDatasets"`
}

// Noticed is heard by others.
//
//brook:event payment.noticed version=2 topic=noticed publish
type Noticed struct {
	ID    string   `json:"id" brook:"key"`
	Texts []string `json:"texts"`
}

// NoticedV1 had one text.
//
//brook:event payment.noticed version=1
type NoticedV1 struct {
	ID   string `json:"id" brook:"key"`
	Text string `json:"text"`
}

// Upcast makes a list of the text.
//
//brook:upcast
func (n NoticedV1) Upcast() Noticed { return Noticed{n.ID, []string{n.Text}} }

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

// Ledger folds them. It was called Projection.
type Ledger struct{}

// Settled appends the amount.
//
//brook:handle
func (Ledger) Settled(e brook.Event[Settled]) (brook.Change[string, Payment], brook.Emission[Noticed]) {
	return brook.Merge(e.Data.ID, func(p *Payment) { p.Cents = append(p.Cents, e.Data.Cents) }),
		brook.Emit(Noticed{e.Data.ID, []string{"money"}})
}

// Dataset appends the targets.
//
//brook:handle
func (Ledger) Dataset(e brook.Event[Dataset]) brook.Change[string, Target] {
	return brook.Merge(e.Data.ID, func(t *Target) { t.Names = append(t.Names, e.Data.TargetDatasets...) })
}
