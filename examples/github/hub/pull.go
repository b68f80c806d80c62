package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// Pull is a pull request.
//
//brook:collection pulls
type Pull struct {
	Key       IssueKey `brook:"key"`
	Draft     bool
	Merged    bool
	MergedBy  UserID `brook:"index"`
	AutoMerge string // the method by which it will be merged once it may
	Base      string
	Head      string // user:branch, "unknown repository" where the fork is gone
	SHA       string
	Reviewers []Login `brook:"index"` // who is asked; teams by their slugs
	Commits   int
	Additions int
	Deletions int
	Files     int
	Thread
}

// show brings p to what a delivery shows.
func (p *Pull) show(w *webhook.PullRequest) {
	*p = Pull{Key: p.Key, Draft: w.Draft, Merged: w.Merged != nil && *w.Merged || w.MergedAt != 0,
		MergedBy: author(w.MergedBy),
		Base:     w.Base.Ref, Head: w.Head.Label, SHA: w.Head.SHA,
		Reviewers: logins(w.RequestedReviewers, nil),
		Commits:   w.Commits, Additions: w.Additions, Deletions: w.Deletions, Files: w.ChangedFiles}
	for i := range w.RequestedTeams {
		if slug := w.RequestedTeams[i].Slug; slug != "" {
			p.Reviewers = append(p.Reviewers, Login(slug))
		}
	}
	if w.AutoMerge != nil {
		p.AutoMerge = w.AutoMerge.MergeMethod
	}
	p.Thread = Thread{Title: w.Title, Author: author(w.User), State: State(w.State),
		Labels:    labelNames(w.Labels),
		Assignees: logins(w.Assignees, w.Assignee), Locked: w.Locked, Comments: w.Comments,
		Created: w.CreatedAt, Updated: w.UpdatedAt, Closed: w.ClosedAt}
	if w.Milestone != nil {
		p.Milestone = MilestoneKey{p.Key.Repo, w.Milestone.Number}
	}
}
