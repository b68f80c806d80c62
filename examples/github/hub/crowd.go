package hub

import (
	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
)

// Crowd keeps people: what they did, and who else was named.
type Crowd struct{}

// did books a delivery to its sender, who may be nobody, with what act says of it, and keeps those
// who are named in it.
func did(sender *webhook.User, act func(*Person),
	named ...*webhook.User) []brook.Change[UserID, Person] {
	var changes []brook.Change[UserID, Person]
	if sender.Known() {
		changes = append(changes, brook.Merge(UserID(sender.ID), func(p *Person) {
			p.show(sender)
			p.Deliveries++
			if act != nil {
				act(p)
			}
		}))
	}
	for _, u := range named {
		if u.Known() {
			changes = append(changes, brook.Merge(UserID(u.ID), func(p *Person) { p.show(u) }))
		}
	}
	return changes
}

//brook:handle
func (Crowd) CreateHook(e brook.Event[CreateHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, nil)
}

//brook:handle
func (Crowd) DeleteHook(e brook.Event[DeleteHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, nil)
}

//brook:handle
func (Crowd) ForkHook(e brook.Event[ForkHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, nil, e.Data.Forkee.Owner)
}

//brook:handle
func (Crowd) IssueHook(e brook.Event[IssueHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, func(p *Person) {
		switch e.Data.Action {
		case "opened":
			if e.Data.Changes.OldIssue == nil { // a transfer opens nothing new
				p.IssuesOpened++
			}
		case "closed":
			p.IssuesClosed++
		}
	}, e.Data.Issue.User, e.Data.Assignee)
}

//brook:handle
func (Crowd) CommentHook(e brook.Event[CommentHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, func(p *Person) {
		if e.Data.Action == "created" {
			p.Comments++
		}
	}, e.Data.Issue.User, e.Data.Comment.User)
}

//brook:handle
func (Crowd) PullHook(e brook.Event[PullHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, func(p *Person) {
		switch merged := e.Data.PullRequest.Merged; {
		case e.Data.Action == "opened":
			p.PullsOpened++
		case e.Data.Action == "closed" && merged != nil && *merged:
			p.PullsMerged++
		}
	}, e.Data.PullRequest.User, e.Data.PullRequest.MergedBy, e.Data.Assignee, e.Data.RequestedReviewer)
}

//brook:handle
func (Crowd) PushHook(e brook.Event[PushHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, func(p *Person) {
		p.Pushes++
		p.Commits += len(e.Data.Commits)
	})
}

//brook:handle
func (Crowd) LabelHook(e brook.Event[LabelHook]) []brook.Change[UserID, Person] {
	if !e.Data.applies() {
		return nil
	}
	return did(e.Data.Sender, nil)
}

//brook:handle
func (Crowd) MilestoneHook(e brook.Event[MilestoneHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, nil, e.Data.Milestone.Creator)
}

//brook:handle
func (Crowd) ReleaseHook(e brook.Event[ReleaseHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, func(p *Person) {
		if e.Data.Action == "published" {
			p.Releases++
		}
	}, e.Data.Release.Author)
}

//brook:handle
func (Crowd) MemberHook(e brook.Event[MemberHook]) []brook.Change[UserID, Person] {
	if !e.Data.applies() {
		return nil
	}
	return did(e.Data.Sender, nil, e.Data.Member)
}

//brook:handle
func (Crowd) RepositoryHook(e brook.Event[RepositoryHook]) []brook.Change[UserID, Person] {
	return did(e.Data.Sender, nil, e.Data.Repository.Owner)
}

//brook:handle
func (Crowd) StarHook(e brook.Event[StarHook]) []brook.Change[UserID, Person] {
	if !e.Data.applies() {
		return nil
	}
	return did(e.Data.Sender, nil)
}
