// Package v1b is package v1 after a change of its code alone: what a handler does is other, and
// what rows are made from is not.
package v1b

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
	Fails string `json:"fails"` // the versions that can't handle it: "", "v1" or "always"
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
	Cents int64  `json:"cents"`
}

// Orders counts what is ordered.
type Orders struct{}

// Placed fails on more than v2's.
//
//brook:handle
func (Orders) Placed(e brook.Event[Placed]) (user brook.Change[string, User], billed brook.Emission[Billed], err error) {
	if e.Data.Fails != "" {
		return user, billed, errors.New("made to fail")
	}
	user = brook.Merge(e.Data.User, func(u *User) { u.Cents += 2 * e.Data.Cents })
	return user, brook.Emit(Billed{e.Data.Order, e.Data.Cents}), nil
}
