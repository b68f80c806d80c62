// Package orgs is what the tests of cold starts fold: data sets of organizations, whose handler
// reads a row that another key's events make, and so depends on the order of partitions.
package orgs

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Founded says that an organization is there.
//
//brook:event org
type Founded struct {
	ID string `json:"id" brook:"key"`
}

// Added says that an organization has a data set.
//
//brook:event dataset
type Added struct {
	ID  string `json:"id" brook:"key"`
	Org string `json:"org"`
}

// Org is a row of orgs.
//
//brook:collection orgs
type Org struct {
	ID string `json:"id" brook:"key"`
}

// Dataset is a row of datasets.
//
//brook:collection datasets
type Dataset struct {
	ID  string `json:"id" brook:"key"`
	Org string `json:"org"`
}

// Catalog keeps the data sets of organizations that are known.
type Catalog struct{}

//brook:handle
func (Catalog) Founded(e brook.Event[Founded]) brook.Change[string, Org] {
	return brook.Create(e.Data.ID, Org{ID: e.Data.ID})
}

//brook:handle
func (Catalog) Added(e brook.Event[Added],
	orgs brook.View[string, Org]) (row brook.Change[string, Dataset], err error) {
	known, err := orgs.Has(e.Data.Org)
	if err != nil || !known {
		return row, err
	}
	return brook.Create(e.Data.ID, Dataset{ID: e.Data.ID, Org: e.Data.Org}), nil
}
