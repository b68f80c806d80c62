package hub

import (
	"slices"

	"github.com/brookgen/brookgen/examples/github/webhook"
)

// Repository is a repository as the last delivery showed it. It keeps its ID when it is renamed or
// gets another owner.
//
//brook:collection repositories go=Repositories history=off
type Repository struct {
	ID            RepoID `brook:"key"`
	FullName      string `brook:"index"`
	Owner         Login  `brook:"index"`
	Parent        RepoID `brook:"index"` // what it is a fork of, where that was seen
	Description   string
	Language      string
	DefaultBranch string
	Topics        []string
	Private       bool
	Fork          bool
	Archived      bool
	Stars         int
	Forks         int
	OpenIssues    int // pull requests among them, as GitHub counts
	Created       webhook.Timestamp
	Pushed        webhook.Timestamp
}

// show brings r to what a delivery shows. One that is shortened changes the names alone.
func (r *Repository) show(p *webhook.Repository) {
	r.FullName, r.Private, r.Fork = p.FullName, p.Private, p.Fork
	if owner := p.Owner.Handle(); owner != "" {
		r.Owner = Login(owner)
	}
	if !p.Full() {
		return
	}
	r.Description, r.Language, r.DefaultBranch = text(p.Description), text(p.Language), p.DefaultBranch
	r.Topics = slices.Clone(p.Topics)
	r.Archived = p.Archived
	r.Stars, r.Forks, r.OpenIssues = p.StargazersCount, p.ForksCount, p.OpenIssuesCount
	r.Created, r.Pushed = p.CreatedAt, p.PushedAt
}

// text gives what a nullable string holds.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
