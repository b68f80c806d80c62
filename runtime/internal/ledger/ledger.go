// Package ledger is what the tests of the runtime fold: accounts that are opened, moved money
// between, and closed. Its second set fails, panics, waits or emits on request.
package ledger

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Opened says that an account was opened.
//
//brook:event account.opened
type Opened struct {
	Account string   `json:"account" brook:"key"`
	Email   string   `json:"email,omitempty"`
	Tags    []string `json:"tags,omitempty"`
}

// Moved says that money came to an account, or left it.
//
//brook:event money.moved history=5
type Moved struct {
	Account string `json:"account" brook:"key"`
	From    string `json:"from,omitempty"` // another account, which makes the event stray
	Cents   int64  `json:"cents"`
	Order   string `json:"order,omitempty"` // what Audit is to do with it
}

// Closed says that an account is no more.
//
//brook:event account.closed
type Closed struct {
	Account string `json:"account" brook:"key"`
}

// Noted is what Audit emits.
//
//brook:event audit.noted history=off
type Noted struct {
	Account string `json:"account" brook:"key"`
	Text    string `json:"text"`
}

// Ignored is received and ignored.
//
//brook:event ledger.ignored discard
type Ignored struct{}

// Account is a row of accounts.
//
//brook:collection accounts
type Account struct {
	ID      string   `json:"id" brook:"key"`
	Email   string   `json:"email" brook:"index"`
	Balance int64    `json:"balance"`
	Moves   int      `json:"moves"`
	Tags    []string `json:"tags"`
}

// LineKey is the key of a line.
type LineKey struct {
	Account string
	Number  int
}

// Line is one line of an account's statement.
//
//brook:collection lines key=LineKey history=off
type Line struct {
	Cents   int64 `json:"cents"`
	Balance int64 `json:"balance"`
}

// Note is what was noted of an account.
//
//brook:collection notes key=string
type Note []string

// Books keeps accounts and their statements.
type Books struct{}

//brook:handle
func (Books) Opened(e brook.Event[Opened]) brook.Change[string, Account] {
	return brook.Create(e.Data.Account,
		Account{ID: e.Data.Account, Email: e.Data.Email, Tags: e.Data.Tags})
}

//brook:handle partitioned
func (Books) Moved(e brook.Event[Moved], accounts brook.View[string, Account]) ([]brook.Change[string, Account], brook.Change[LineKey, Line], error) {
	var line brook.Change[LineKey, Line]
	old, err := accounts.Get(e.Data.Account)
	if err != nil {
		return nil, line, err
	}
	add := func(cents int64) func(*Account) {
		return func(a *Account) {
			a.Balance += cents
			a.Moves++
		}
	}
	changes := []brook.Change[string, Account]{brook.Merge(e.Data.Account, add(e.Data.Cents))}
	if from := e.Data.From; from != "" {
		if _, err := accounts.Get(from); err != nil {
			return nil, line, err
		}
		changes = append(changes, brook.Merge(from, add(-e.Data.Cents)))
	}
	line = brook.Create(LineKey{e.Data.Account, old.Moves + 1},
		Line{Cents: e.Data.Cents, Balance: old.Balance + e.Data.Cents})
	return changes, line, nil
}

//brook:handle
func (Books) Closed(e brook.Event[Closed], lines brook.View[LineKey, Line]) (brook.Change[string, Account], []brook.Change[LineKey, Line], error) {
	var gone []brook.Change[LineKey, Line]
	for entry, err := range lines.Prefix(LineKey{Account: e.Data.Account}, 1) {
		if err != nil {
			return brook.Change[string, Account]{}, nil, err
		}
		gone = append(gone, brook.Delete[Line](entry.Key))
	}
	return brook.Delete[Account](e.Data.Account), gone, nil
}

// Audit does what the events' orders say. Do, where it is set, is asked first.
type Audit struct {
	Do     func(ctx context.Context, e brook.Event[Moved]) error
	Effect func(e brook.Event[Moved]) brook.Effect
}

// Moved notes the move, and emits it where the order is "emit".
//
//brook:handle
func (a *Audit) Moved(ctx context.Context, e brook.Event[Moved], accounts brook.View[string, Account]) (note brook.Change[string, Note], out brook.Emission[Noted], effect brook.Effect, err error) {
	if a.Do != nil {
		if err := a.Do(ctx, e); err != nil {
			return note, out, nil, err
		}
	}
	account, err := accounts.Get(e.Data.Account)
	if err != nil {
		return note, out, nil, err
	}
	text := fmt.Sprintf("%+d makes %d", e.Data.Cents, account.Balance)
	if a.Effect != nil {
		effect = a.Effect(e)
	}
	switch e.Data.Order {
	case "emit":
		return note, brook.Emit(Noted{Account: e.Data.Account, Text: text}), effect, nil
	case "quiet":
		return note, out, effect, nil
	}
	return brook.Merge(e.Data.Account, func(n *Note) { *n = append(*n, text) }), out, effect, nil
}

//brook:handle
func (*Audit) Noted(e brook.Event[Noted]) brook.Change[string, Note] {
	return brook.Merge(e.Data.Account, func(n *Note) { *n = append(*n, "noted: "+e.Data.Text) })
}
