// Package shop is a small web shop: users sign up and order. It is the example that brook's README
// begins with; the files brook_*_gen.go beside this one are what brookgen makes of it.
package shop

//go:generate go tool brookgen

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// UserRegistered says that somebody signed up.
//
//brook:event user.registered
type UserRegistered struct {
	ID    string `json:"id" brook:"key"`
	Email string `json:"email"`
}

// OrderPlaced says that a user ordered something.
//
//brook:event order.placed
type OrderPlaced struct {
	OrderID string `json:"order_id"`
	UserID  string `json:"user_id" brook:"key"`
	Cents   int64  `json:"cents"`
}

// User is one row of the users view.
//
//brook:collection users
type User struct {
	ID     string `json:"id" brook:"key"`
	Email  string `json:"email" brook:"unique"`
	Orders int    `json:"orders"`
}

// Order is one row of the orders view.
//
//brook:collection orders
type Order struct {
	ID     string `json:"id" brook:"key"`
	UserID string `json:"user_id" brook:"index"`
	Cents  int64  `json:"cents"`
}

// Projection folds the shop's events into its views.
type Projection struct{}

// UserRegistered adds the user.
//
//brook:handle
func (Projection) UserRegistered(e brook.Event[UserRegistered]) brook.Change[string, User] {
	return brook.Create(e.Data.ID, User{ID: e.Data.ID, Email: e.Data.Email})
}

// OrderPlaced adds the order and counts it for its user. The order of a user who is not known
// fails: it becomes a dead letter, and is not lost.
//
//brook:handle
func (Projection) OrderPlaced(e brook.Event[OrderPlaced], users brook.View[string, User]) (
	order brook.Change[string, Order], user brook.Change[string, User], err error) {
	if _, err := users.Get(e.Data.UserID); err != nil {
		return order, user, fmt.Errorf("order %s: %w", e.Data.OrderID, err)
	}
	order = brook.Create(e.Data.OrderID, Order{ID: e.Data.OrderID, UserID: e.Data.UserID, Cents: e.Data.Cents})
	user = brook.Merge(e.Data.UserID, func(u *User) { u.Orders++ })
	return order, user, nil
}
