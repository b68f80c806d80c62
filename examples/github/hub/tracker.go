package hub

import (
	brook "github.com/brookgen/brookgen/runtime"
)

// Tracker keeps issues, pull requests, comments, labels and milestones.
type Tracker struct{}

// IssueHook keeps the issue. One that was transferred gets another number in another repository,
// and takes its comments along; the delivery that tells of it may come from either end, or from
// both.
//
//brook:handle
func (Tracker) IssueHook(e brook.Event[IssueHook], comments brook.View[CommentKey, Comment]) (issues []brook.Change[IssueKey, Issue], moved []brook.Change[CommentKey, Comment], err error) {
	key := IssueKey{RepoID(e.Data.Repository.ID), e.Data.Issue.Number}
	changes := &e.Data.Changes
	switch {
	case e.Data.Action == "deleted":
		moved, err = deleteUnder(comments, CommentKey{Repo: key.Repo, Number: key.Number}, 2)
		return []brook.Change[IssueKey, Issue]{brook.Delete[Issue](key)}, moved, err
	case e.Data.Action != "transferred":
		issues = append(issues,
			brook.Merge(key, func(i *Issue) { i.show(&e.Data.Issue, e.Data.Action) }))
		if changes.OldIssue != nil && changes.OldRepository != nil {
			old := IssueKey{RepoID(changes.OldRepository.ID), changes.OldIssue.Number}
			moved, err = moveComments(comments, old, key)
			issues = append(issues, brook.Delete[Issue](old))
		}
	case changes.NewIssue == nil || changes.NewRepository == nil: // nobody says where to
		moved, err = deleteUnder(comments, CommentKey{Repo: key.Repo, Number: key.Number}, 2)
		issues = append(issues, brook.Delete[Issue](key))
	default:
		to := IssueKey{RepoID(changes.NewRepository.ID), changes.NewIssue.Number}
		moved, err = moveComments(comments, key, to)
		issues = append(issues, brook.Delete[Issue](key),
			brook.Merge(to, func(i *Issue) { i.show(changes.NewIssue, e.Data.Action) }))
	}
	return issues, moved, err
}

// moveComments takes all comments from one issue to another.
func moveComments(comments brook.View[CommentKey, Comment], from, to IssueKey) ([]brook.Change[CommentKey, Comment], error) {
	if from == to {
		return nil, nil
	}
	var changes []brook.Change[CommentKey, Comment]
	for entry, err := range comments.Prefix(CommentKey{Repo: from.Repo, Number: from.Number}, 2) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, brook.Delete[Comment](entry.Key),
			brook.Create(CommentKey{to.Repo, to.Number, entry.Key.Comment}, entry.Value))
	}
	return changes, nil
}

// CommentHook keeps the comment, and what the delivery shows of what it is a comment on. A pull
// request that was never seen is not made out of that, which says too little of it.
//
//brook:handle
func (Tracker) CommentHook(e brook.Event[CommentHook], pulls brook.View[IssueKey, Pull]) (
	comment brook.Change[CommentKey, Comment], issue brook.Change[IssueKey, Issue], pull brook.Change[IssueKey, Pull], err error) {
	on := IssueKey{RepoID(e.Data.Repository.ID), e.Data.Issue.Number}
	key := CommentKey{on.Repo, on.Number, e.Data.Comment.ID}
	if e.Data.Action == "deleted" {
		comment = brook.Delete[Comment](key)
	} else {
		c := &e.Data.Comment
		comment = brook.Create(key,
			Comment{Author: author(c.User), Body: text(c.Body), Created: c.CreatedAt,
				Updated: c.UpdatedAt})
	}
	if e.Data.Issue.PullRequest == nil {
		return comment, brook.Merge(on, func(i *Issue) { i.show(&e.Data.Issue, "") }), pull, nil
	}
	known, err := pulls.Has(on)
	if known {
		pull = brook.Merge(on, func(p *Pull) { p.Thread = threadOf(on.Repo, &e.Data.Issue) })
	}
	return comment, issue, pull, err
}

//brook:handle
func (Tracker) PullHook(e brook.Event[PullHook]) brook.Change[IssueKey, Pull] {
	key := IssueKey{RepoID(e.Data.Repository.ID), e.Data.PullRequest.Number}
	return brook.Merge(key, func(p *Pull) { p.show(&e.Data.PullRequest) })
}

// LabelHook keeps the label. What bears one that is renamed or deleted follows at once: GitHub
// sends nothing for it.
//
//brook:handle
func (Tracker) LabelHook(e brook.Event[LabelHook],
	issues brook.Index[LabelName, IssueKey, Issue], pulls brook.Index[LabelName, IssueKey, Pull]) (
	labels []brook.Change[LabelKey, Label], of []brook.Change[IssueKey, Issue], ofPulls []brook.Change[IssueKey, Pull], err error) {
	if !e.Data.applies() {
		return nil, nil, nil, nil
	}
	repo, l := RepoID(e.Data.Repository.ID), &e.Data.Label
	old, name := LabelName(l.Name), LabelName(l.Name)
	switch was := e.Data.Changes.Name; {
	case e.Data.Action == "deleted":
		name = ""
		labels = append(labels, brook.Delete[Label](LabelKey{repo, old}))
	case was != nil && text(was.From) != "" && LabelName(*was.From) != name:
		old = LabelName(*was.From)
		labels = append(labels, brook.Delete[Label](LabelKey{repo, old}))
	}
	if name != "" {
		labels = append(labels, brook.Create(LabelKey{repo, name},
			Label{Color: l.Color, Description: text(l.Description), Default: l.Default}))
	}
	if old == name {
		return labels, nil, nil, nil
	}
	for entry, err := range issues.All(old) {
		if err != nil {
			return nil, nil, nil, err
		}
		if entry.Key.Repo == repo {
			of = append(of, brook.Merge(entry.Key, func(i *Issue) { i.relabel(old, name) }))
		}
	}
	for entry, err := range pulls.All(old) {
		if err != nil {
			return nil, nil, nil, err
		}
		if entry.Key.Repo == repo {
			ofPulls = append(ofPulls,
				brook.Merge(entry.Key, func(p *Pull) { p.relabel(old, name) }))
		}
	}
	return labels, of, ofPulls, nil
}

// MilestoneHook keeps the milestone. What a deleted one held has none then.
//
//brook:handle
func (Tracker) MilestoneHook(e brook.Event[MilestoneHook], issues brook.Index[MilestoneKey, IssueKey, Issue], pulls brook.Index[MilestoneKey, IssueKey, Pull]) (
	milestone brook.Change[MilestoneKey, Milestone], of []brook.Change[IssueKey, Issue], ofPulls []brook.Change[IssueKey, Pull], err error) {
	m := &e.Data.Milestone
	key := MilestoneKey{RepoID(e.Data.Repository.ID), m.Number}
	if e.Data.Action != "deleted" {
		return brook.Create(key,
			Milestone{Title: m.Title, State: State(m.State), Open: m.OpenIssues,
				Closed: m.ClosedIssues, Due: m.DueOn}), nil, nil, nil
	}
	for entry, err := range issues.All(key) {
		if err != nil {
			return milestone, nil, nil, err
		}
		of = append(of, brook.Merge(entry.Key, func(i *Issue) { i.Milestone = MilestoneKey{} }))
	}
	for entry, err := range pulls.All(key) {
		if err != nil {
			return milestone, nil, nil, err
		}
		ofPulls = append(ofPulls,
			brook.Merge(entry.Key, func(p *Pull) { p.Milestone = MilestoneKey{} }))
	}
	return brook.Delete[Milestone](key), of, ofPulls, nil
}

// RepositoryHook drops all that this set has of a deleted repository.
//
//brook:handle
func (Tracker) RepositoryHook(e brook.Event[RepositoryHook],
	issues brook.View[IssueKey, Issue], pulls brook.View[IssueKey, Pull],
	comments brook.View[CommentKey, Comment],
	labels brook.View[LabelKey, Label], milestones brook.View[MilestoneKey, Milestone]) (i []brook.Change[IssueKey, Issue], p []brook.Change[IssueKey, Pull],
	c []brook.Change[CommentKey, Comment], l []brook.Change[LabelKey, Label], m []brook.Change[MilestoneKey, Milestone], err error) {
	if e.Data.Action != "deleted" {
		return nil, nil, nil, nil, nil, nil
	}
	repo := RepoID(e.Data.Repository.ID)
	if i, err = deleteUnder(issues, IssueKey{Repo: repo}, 1); err != nil {
		return nil, nil, nil, nil, nil, err
	}
	if p, err = deleteUnder(pulls, IssueKey{Repo: repo}, 1); err != nil {
		return nil, nil, nil, nil, nil, err
	}
	if c, err = deleteUnder(comments, CommentKey{Repo: repo}, 1); err != nil {
		return nil, nil, nil, nil, nil, err
	}
	if l, err = deleteUnder(labels, LabelKey{Repo: repo}, 1); err != nil {
		return nil, nil, nil, nil, nil, err
	}
	m, err = deleteUnder(milestones, MilestoneKey{Repo: repo}, 1)
	return i, p, c, l, m, err
}
