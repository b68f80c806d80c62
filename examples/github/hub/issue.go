package hub

import (
	"slices"

	"github.com/brookgen/brookgen/examples/github/webhook"
)

// IssueKey is the key of an issue and of a pull request, which share their numbers.
type IssueKey struct {
	Repo   RepoID
	Number int
}

// MilestoneKey is the key of a milestone.
type MilestoneKey struct {
	Repo   RepoID
	Number int
}

// Thread is what an issue and a pull request have in common.
type Thread struct {
	Title     string
	Author    UserID       `brook:"index"` // 0: the account was deleted
	State     State        `brook:"index"`
	Labels    []LabelName  `brook:"index"`
	Assignees []Login      `brook:"index"`
	Milestone MilestoneKey `brook:"index"`
	Locked    bool
	Comments  int
	Created   webhook.Timestamp
	Updated   webhook.Timestamp
	Closed    webhook.Timestamp
}

// Issue is an issue.
//
//brook:collection issues
type Issue struct {
	Key    IssueKey `brook:"key"`
	Reason string   // why it was closed
	Type   string   // which the organization gave it
	Pinned bool
	Thread
}

// show brings i to what a delivery shows. Whether it is pinned only the actions tell.
func (i *Issue) show(p *webhook.Issue, action string) {
	i.Thread = threadOf(i.Key.Repo, p)
	i.Reason = text(p.StateReason)
	i.Type = ""
	if p.Type != nil {
		i.Type = p.Type.Name
	}
	switch action {
	case "pinned":
		i.Pinned = true
	case "unpinned":
		i.Pinned = false
	}
}

func threadOf(repo RepoID, p *webhook.Issue) Thread {
	t := Thread{Title: p.Title, Author: author(p.User), State: State(p.State),
		Labels:    labelNames(p.Labels),
		Assignees: logins(p.Assignees, p.Assignee), Locked: p.Locked, Comments: p.Comments,
		Created: p.CreatedAt, Updated: p.UpdatedAt, Closed: p.ClosedAt}
	if p.Milestone != nil {
		t.Milestone = MilestoneKey{repo, p.Milestone.Number}
	}
	return t
}

func author(u *webhook.User) UserID {
	if u == nil {
		return 0
	}
	return UserID(u.ID)
}

func labelNames(labels []webhook.Label) []LabelName {
	var names []LabelName
	for i := range labels {
		if labels[i].Name != "" {
			names = append(names, LabelName(labels[i].Name))
		}
	}
	return names
}

// logins gives those of a list, or that of one account where a delivery has no list.
func logins(users []webhook.User, one *webhook.User) []Login {
	var names []Login
	for i := range users {
		if users[i].Login != "" {
			names = append(names, Login(users[i].Login))
		}
	}
	if names == nil && one.Known() {
		names = []Login{Login(one.Login)}
	}
	return names
}

// relabel puts one label for another, or for none where that is "".
func (t *Thread) relabel(old, label LabelName) {
	at := slices.Index(t.Labels, old)
	switch {
	case at < 0:
	case label == "" || slices.Contains(t.Labels, label):
		t.Labels = slices.Delete(t.Labels, at, at+1)
	default:
		t.Labels[at] = label
	}
}
