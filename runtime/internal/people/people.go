// Package people is what the tests of unique fields, indexes and one-lane apps fold: people who
// join teams, change their addresses, swap them, and leave.
package people

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Email is an address.
type Email string

// Team is the name of a team.
type Team string

// Joined says that somebody is there.
//
//brook:event person.joined key=ID
type Joined struct {
	ID    int64  `json:"id" brook:"required"`
	Email Email  `json:"email"`
	Teams []Team `json:"teams"`
	Boss  *int64 `json:"boss"`
}

// Moved gives a person a new address.
//
//brook:event person.moved
type Moved struct {
	ID    int64 `json:"id" brook:"key"`
	Email Email `json:"email"`
}

// Swapped makes two people swap their addresses.
//
//brook:event people.swapped
type Swapped struct{ A, B int64 }

// Cleared removes everybody of a team. Its payload is the team's name alone.
//
//brook:event team.cleared key=.
type Cleared Team

// Wrote is a letter to an address.
//
//brook:event mail.written
type Wrote struct {
	To   Email  `json:"to" brook:"key"`
	Text string `json:"text"`
}

// Person is a row of people.
//
//brook:collection people
type Person struct {
	ID      int64  `brook:"key"`
	Email   Email  `brook:"unique"`
	Teams   []Team `brook:"index"`
	Boss    *int64 `brook:"index"`
	Letters int
	hidden  int
}

// Size is how many were cleared out of teams, ever.
//
//brook:collection cleared-sizes key=Team history=off
type Size int

// Registry keeps people.
type Registry struct{}

// Joined creates, or folds into, a person.
//
//brook:handle
func (Registry) Joined(e brook.Event[Joined]) brook.Change[int64, Person] {
	return brook.Merge(e.Data.ID, func(p *Person) {
		p.Email, p.Teams, p.Boss, p.hidden = e.Data.Email, e.Data.Teams, e.Data.Boss, 1
	})
}

//brook:handle
func (Registry) Moved(e brook.Event[Moved]) brook.Change[int64, Person] {
	return brook.Merge(e.Data.ID, func(p *Person) { p.Email = e.Data.Email })
}

//brook:handle
func (Registry) Swapped(e brook.Event[Swapped],
	people brook.View[int64, Person]) ([]brook.Change[int64, Person], error) {
	a, err := people.Get(e.Data.A)
	if err != nil {
		return nil, err
	}
	b, err := people.Get(e.Data.B)
	if err != nil {
		return nil, err
	}
	return []brook.Change[int64, Person]{
		brook.Merge(a.ID, func(p *Person) { p.Email = b.Email }),
		brook.Merge(b.ID, func(p *Person) { p.Email = a.Email }),
	}, nil
}

//brook:handle
func (Registry) Cleared(e brook.Event[Cleared], teams brook.Index[Team, int64, Person]) ([]brook.Change[int64, Person], brook.Change[Team, Size], error) {
	team := Team(e.Data)
	var gone []brook.Change[int64, Person]
	for entry, err := range teams.All(team) {
		if err != nil {
			return nil, brook.Change[Team, Size]{}, err
		}
		gone = append(gone, brook.Delete[Person](entry.Key))
	}
	return gone, brook.Merge(team, func(s *Size) { *s += Size(len(gone)) }), nil
}

// Post hands letters out. Instead, where it is set, does something else with what the handler is
// given.
type Post struct {
	Instead func(e brook.Event[Wrote], people brook.View[int64, Person], addresses brook.Index[Email, int64, Person]) (brook.Change[int64, Person], brook.Effect, error)
}

//brook:handle
func (p *Post) Wrote(e brook.Event[Wrote], people brook.View[int64, Person], addresses brook.Index[Email, int64, Person]) (brook.Change[int64, Person], brook.Effect, error) {
	if p.Instead != nil {
		return p.Instead(e, people, addresses)
	}
	to, err := addresses.Get(e.Data.To)
	if err != nil {
		return brook.Change[int64, Person]{}, nil, fmt.Errorf("letter to %s: %w", e.Data.To, err)
	}
	return brook.Merge(to.Key, func(p *Person) { p.Letters++ }), nil, nil
}
