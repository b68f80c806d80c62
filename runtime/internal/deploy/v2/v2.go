// Package v2 is package v1 after a change of its code: a row has a further field, which is indexed,
// and one with another name, its handler is another one and fails less, and a further event is
// handled.
package v2

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// Placed says that something was ordered.
//
//brook:event order.placed
type Placed struct {
	User  string `json:"user" brook:"key"`
	Order string `json:"order"`
	Cents int64  `json:"cents"`
	Fails string `json:"fails"`
}

// Returned says that something came back. It is new.
//
//brook:event order.returned
type Returned struct {
	User  string `json:"user" brook:"key"`
	Cents int64  `json:"cents"`
}

// Billed is heard by others.
//
//brook:event order.billed topic=bills publish
type Billed struct {
	Order string `json:"order" brook:"key"`
	Cents int64  `json:"cents"`
}

// User is what somebody ordered.
//
//brook:collection users
type User struct {
	ID    string `json:"id" brook:"key"`
	Last  string `json:"last" brook:"index"` // is new: the last digit of the last order
	Total int64  `json:"total" brook:"was=cents"`
}

// Orders counts what is ordered.
type Orders struct{}

// Placed keeps the last order too.
//
//brook:handle
func (Orders) Placed(e brook.Event[Placed]) (user brook.Change[string, User], billed brook.Emission[Billed], err error) {
	if e.Data.Fails == "always" {
		return user, billed, errors.New("made to fail")
	}
	user = brook.Merge(e.Data.User, func(u *User) {
		u.Total += e.Data.Cents
		u.Last = e.Data.Order[len(e.Data.Order)-1:]
	})
	return user, brook.Emit(Billed{e.Data.Order, e.Data.Cents}), nil
}

// Returned is new.
//
//brook:handle
func (Orders) Returned(e brook.Event[Returned]) brook.Change[string, User] {
	return brook.Merge(e.Data.User, func(u *User) { u.Total -= e.Data.Cents })
}
