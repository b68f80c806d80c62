// Package rolls had another shape before: runtime/badgerstore/testdata/earlier keeps a store of
// each. Whoever changes it records the new shape, in runtime/badgerstore: go test -run
// TestRecordStore . -record.
package rolls

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import brook "github.com/brookgen/brookgen/runtime"

// Enlisted says that somebody became a soldier.
//
//brook:event soldier.enlisted
type Enlisted struct {
	Home     Home   `json:"home"` // stood last
	ID       string `json:"id" brook:"key"`
	FullName string `json:"fullName" brook:"was=name"`     // the first shape called it Name
	Age      int64  `json:"age"`                           // int16
	Email    string `json:"email" brook:"default=unknown"` // since the second; the first had Gone
}

// Promoted gives a soldier a rank.
//
//brook:event soldier.promoted
type Promoted struct {
	ID   string `json:"id" brook:"key"`
	Rank int    `json:"rank"` // a string, which can't be read any more
}

// The first shape had an event soldier.wounded too.

// Home is where a soldier is from.
type Home struct {
	Postcode string `json:"postcode" brook:"was=zip"` // stood behind Street
	Street   string `json:"street"`
	Country  string `json:"country"` // since the second
}

// Soldier is a row of soldiers.
//
//brook:collection soldiers
type Soldier struct {
	Homes    []Home `json:"homes"` // stood behind Gone, which is no more, as is Wounds
	ID       string `json:"id" brook:"key"`
	FullName string `json:"fullName" brook:"index,was=name"` // Name, without an index
	Age      int64  `json:"age"`                             // int16
	Rank     *int   `json:"rank"`                            // since the second
}

// Clerk keeps the rolls.
type Clerk struct{}

//brook:handle
func (Clerk) Enlisted(e brook.Event[Enlisted]) brook.Change[string, Soldier] {
	return brook.Create(e.Data.ID,
		Soldier{ID: e.Data.ID, FullName: e.Data.FullName, Age: e.Data.Age,
			Homes: []Home{e.Data.Home}})
}

//brook:handle
func (Clerk) Promoted(e brook.Event[Promoted]) brook.Change[string, Soldier] {
	return brook.Merge(e.Data.ID, func(s *Soldier) { s.Rank = &e.Data.Rank })
}
