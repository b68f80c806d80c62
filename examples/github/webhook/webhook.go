// Package webhook has the shapes of what GitHub sends to webhooks. It says nothing of what becomes
// of it.
//
// What GitHub documents as nullable is a pointer, or a type whose zero means null. What differs
// from one delivery to the next, or is of no interest, is kept raw. Only what identifies a thing is
// required.
package webhook

// Delivery is what a delivery about a repository has beside its subject. Kinds that know no actions
// leave Action "".
type Delivery struct {
	Action     string     `json:"action,omitempty"`
	Repository Repository `json:"repository" brook:"required"`
	Origin
}

// Origin tells where a delivery comes from. GitHub leaves the sender out where it was nobody: a
// merge queue, or an account that is gone.
type Origin struct {
	Organization *Organization `json:"organization,omitempty"`
	Installation *Installation `json:"installation,omitempty"`
	Sender       *User         `json:"sender,omitempty"`
}

// Was is what an edited field held before.
type Was struct {
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}
