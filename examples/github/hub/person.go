package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// Person is an account that acted or was named, with what it did.
//
//brook:collection people history=off
type Person struct {
	ID           UserID `brook:"key"`
	Login        Login  `brook:"index"`
	Type         string `brook:"index"` // User, Bot or Organization
	Deliveries   int    // that it caused
	IssuesOpened int
	IssuesClosed int
	PullsOpened  int
	PullsMerged  int
	Comments     int
	Pushes       int
	Commits      int // in its pushes
	Releases     int // that it published
}

// show brings p to what a delivery shows of an account.
func (p *Person) show(u *webhook.User) {
	if login := u.Handle(); login != "" {
		p.Login = Login(login)
	}
	if u.Type != "" {
		p.Type = u.Type
	}
}
