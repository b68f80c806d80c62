// Package keeper is what tests fold of compacted topics: users whose records are their last state,
// and members of organizations, whose keys are composite.
package keeper

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// UserChanged is the last state of a user. The topic is compacted.
//
//brook:event user.changed topic=users
type UserChanged struct {
	ID   string `json:"id" brook:"key"`
	Name string `json:"name"`
}

// MemberChanged is the last state of a membership.
//
//brook:event member.changed topic=members key=Org,User
type MemberChanged struct {
	Org  string `json:"org"`
	User int    `json:"user"`
	Role string `json:"role"`
}

// Left is emitted when a user is gone.
//
//brook:event user.left publish
type Left struct {
	ID string `json:"id" brook:"key"`
}

// User is a row of users.
//
//brook:collection users
type User struct {
	ID      string `json:"id" brook:"key"`
	Name    string `json:"name" brook:"index"`
	Changes int    `json:"changes"`
}

// MemberKey is the key of a membership.
type MemberKey struct {
	Org  string `json:"org"`
	User int    `json:"user"`
}

// Member is a row of members.
//
//brook:collection members key=MemberKey
type Member struct {
	Role string `json:"role"`
}

// Gone is a row of gone: a user who left, and how often.
//
//brook:collection gone
type Gone struct {
	ID    string `json:"id" brook:"key"`
	Times int    `json:"times"`
	Trace string `json:"trace"`
}

// Users keeps the users.
//
//brook:set closed
type Users struct {
	// Refuse is the name of users that can't be changed, and the ID of those that can't leave.
	Refuse func(string) bool
}

var errRefused = errors.New("refused")

//brook:handle
func (s Users) Changed(e brook.Event[UserChanged]) (brook.Change[string, User], error) {
	if s.Refuse != nil && s.Refuse(e.Data.Name) {
		return brook.Change[string, User]{}, errRefused
	}
	name := e.Data.Name
	return brook.Merge(e.Data.ID, func(u *User) {
		u.Name = name
		u.Changes++
	}), nil
}

//brook:handle
func (s Users) Gone(e brook.Tombstone[string, UserChanged], users brook.View[string, User]) (
	user brook.Change[string, User], gone brook.Change[string, Gone],
	left brook.Emission[Left], err error,
) {
	if s.Refuse != nil && s.Refuse(e.Key) {
		return user, gone, left, errRefused
	}
	trace := ""
	for _, h := range e.Headers {
		trace += h.Key + "=" + string(h.Value)
	}
	gone = brook.Merge(e.Key, func(g *Gone) {
		g.Times++
		g.Trace = trace
	})
	return brook.Delete[User](e.Key), gone, brook.Emit(Left{ID: e.Key}), nil
}

//brook:handle
func (Users) MemberChanged(e brook.Event[MemberChanged]) brook.Change[MemberKey, Member] {
	return brook.Create(MemberKey{e.Data.Org, e.Data.User}, Member{Role: e.Data.Role})
}

//brook:handle
func (Users) MemberGone(
	e brook.Tombstone[MemberKey, MemberChanged],
) brook.Change[MemberKey, Member] {
	return brook.Delete[Member](e.Key)
}
