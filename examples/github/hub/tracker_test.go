package hub

import (
	"errors"
	"testing"

	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
)

func issueHook(repo int64, action string, number int, labels ...string) IssueHook {
	h := IssueHook{Delivery: from(repo, action),
		Issue: webhook.Issue{Number: number, Title: "Leak", State: "open", User: user(3, "cat")}}
	for _, name := range labels {
		h.Issue.Labels = append(h.Issue.Labels, webhook.Label{Name: name})
	}
	return h
}

func commentHook(repo int64, number int, id int64) CommentHook {
	return CommentHook{Delivery: from(repo, "created"),
		Issue:   webhook.Issue{Number: number, State: "open"},
		Comment: webhook.Comment{ID: id, Body: ptr("drip"), User: user(4, "dan")}}
}

func pullHook(repo int64, action string, number int) PullHook {
	return PullHook{Delivery: from(repo, action),
		PullRequest: webhook.PullRequest{Number: number, Title: "Plug", State: "open",
			User: user(3, "cat")}}
}

// What an action that nobody has heard of shows is kept, too.
func TestIssueActions(t *testing.T) {
	key := IssueKey{7, 1}
	for _, action := range []string{"opened", "edited", "pinned", "unpinned", "closed", "reopened",
		"assigned", "unassigned", "labeled", "unlabeled", "locked",
		"unlocked", "milestoned", "demilestoned", "typed", "untyped", "", "exploded"} {
		h := issueHook(7, action, 1, "bug")
		changes, moved, err := Tracker{}.IssueHook(brook.Event[IssueHook]{Data: h},
			newApp(t).Views.Comments)
		if err != nil || len(changes) != 1 || len(moved) != 0 || changes[0].Key() != key {
			t.Fatalf("%s: %v, %v, %v", action, changes, moved, err)
		}
		got, _ := changes[0].Apply(Issue{Key: key, Pinned: action != "pinned"}, true)
		if got.Title != "Leak" || got.Author != 3 || got.Pinned == (action == "unpinned") {
			t.Errorf("%s makes %+v", action, got)
		}
	}
}

func TestIssueDeleted(t *testing.T) {
	app := newApp(t)
	do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1)),
		app.Process.IssueHook(t.Context(), issueHook(7, "opened", 11)),
		app.Process.CommentHook(t.Context(), commentHook(7, 1, 5)),
		app.Process.CommentHook(t.Context(), commentHook(7, 11, 6)),
		app.Process.IssueHook(t.Context(), issueHook(7, "deleted", 1)))
	want(t, "issues", keys(t, app.Views.Issues.All()), IssueKey{7, 11})
	want(t, "comments", keys(t, app.Views.Comments.All()), CommentKey{7, 11, 6})
}

// The old repository tells, the new one, or both, in whatever order.
func TestIssueTransferred(t *testing.T) {
	leaves := issueHook(7, "transferred", 1)
	leaves.Changes = IssueChanges{NewIssue: &webhook.Issue{Number: 4, Title: "Leak"},
		NewRepository: &webhook.Repository{ID: 8, FullName: "ada/lake"}}
	arrives := issueHook(8, "opened", 4)
	arrives.Changes = IssueChanges{OldIssue: &webhook.Issue{Number: 1},
		OldRepository: &webhook.Repository{ID: 7}}
	for name, hooks := range map[string][]IssueHook{"old": {leaves}, "new": {arrives},
		"both": {leaves, arrives}, "turned": {arrives, leaves}} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t)
			do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1)),
				app.Process.CommentHook(t.Context(), commentHook(7, 1, 5)))
			for _, h := range hooks {
				do(t, app.Process.IssueHook(t.Context(), h))
			}
			want(t, "issues", keys(t, app.Views.Issues.All()), IssueKey{8, 4})
			want(t, "comments", keys(t, app.Views.Comments.All()), CommentKey{8, 4, 5})
		})
	}
	t.Run("away", func(t *testing.T) {
		app := newApp(t)
		do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1)),
			app.Process.CommentHook(t.Context(), commentHook(7, 1, 5)),
			app.Process.IssueHook(t.Context(), issueHook(7, "transferred", 1)))
		has(t, "issues", app.Views.Issues, 0)
		has(t, "comments", app.Views.Comments, 0)
	})
}

// A pull request has an issue's number and its comments, but is no issue.
func TestCommentOnPull(t *testing.T) {
	app := newApp(t)
	h := commentHook(7, 2, 5)
	h.Issue.PullRequest = &webhook.IssuePull{}
	h.Issue.Comments = 1
	do(t, app.Process.CommentHook(t.Context(), h))
	has(t, "pull requests", app.Views.Pulls, 0)
	do(t, app.Process.PullHook(t.Context(), pullHook(7, "opened", 2)),
		app.Process.CommentHook(t.Context(), h))
	has(t, "issues", app.Views.Issues, 0)
	has(t, "comments", app.Views.Comments, 1)
	if p, err := app.Views.Pulls.Get(IssueKey{7, 2}); err != nil || p.Comments != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	h.Action = "deleted"
	do(t, app.Process.CommentHook(t.Context(), h))
	has(t, "comments", app.Views.Comments, 0)
}

func TestPull(t *testing.T) {
	h := pullHook(7, "closed", 2)
	h.PullRequest.Merged = ptr(true)
	h.PullRequest.MergedBy = user(1, "ada")
	h.PullRequest.AutoMerge = &webhook.AutoMerge{MergeMethod: "squash"}
	h.PullRequest.Head = webhook.Branch{Label: "unknown repository", Ref: "fix"} // its fork and its owner are gone
	h.PullRequest.RequestedReviewers = []webhook.User{*user(4, "dan"), {}}
	h.PullRequest.RequestedTeams = []webhook.Team{{Slug: "plumbers"}}
	h.PullRequest.Milestone = &webhook.Milestone{Number: 3}
	got, ok := Tracker{}.PullHook(brook.Event[PullHook]{Data: h}).
		Apply(Pull{Key: IssueKey{7, 2}, Draft: true}, true)
	if !ok || !got.Merged || got.Draft || got.MergedBy != 1 || got.AutoMerge != "squash" ||
		got.Milestone != (MilestoneKey{7, 3}) {
		t.Errorf("%+v", got)
	}
	want(t, "reviewers", got.Reviewers, "dan", "plumbers")
}

func TestLabels(t *testing.T) {
	app := newApp(t)
	label := func(action, name, was string) {
		t.Helper()
		h := LabelHook{Action: action, Label: webhook.Label{Name: name},
			Repository: ptr(from(7, "").Repository)}
		if was != "" {
			h.Changes.Name = &webhook.Was{From: &was}
		}
		do(t, app.Process.LabelHook(t.Context(), h))
	}
	label("created", "bug", "")
	do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1, "bug", "old")),
		app.Process.IssueHook(t.Context(), issueHook(8, "opened", 1, "bug")))
	label("edited", "defect", "bug")
	want(t, "labels", keys(t, app.Views.Labels.All()), LabelKey{7, "defect"})
	want(t, "defects", keys(t, app.Views.Issues.LabelsIndex().All("defect")), IssueKey{7, 1})
	want(t, "bugs", keys(t, app.Views.Issues.LabelsIndex().All("bug")), IssueKey{8, 1}) // another repository's
	label("deleted", "defect", "")
	has(t, "labels", app.Views.Labels, 0)
	want(t, "labels", brook.Must(app.Views.Issues.Get(IssueKey{7, 1})).Labels, "old")
}

func TestMilestoneDeleted(t *testing.T) {
	app := newApp(t)
	opened, pull := issueHook(7, "opened", 1), pullHook(7, "opened", 2)
	opened.Issue.Milestone, pull.PullRequest.Milestone = &webhook.Milestone{Number: 3}, &webhook.Milestone{Number: 3}
	hook := MilestoneHook{Delivery: from(7, "created"),
		Milestone: webhook.Milestone{Number: 3, Title: "Dry", State: "open"}}
	do(t, app.Process.IssueHook(t.Context(), opened), app.Process.PullHook(t.Context(), pull),
		app.Process.MilestoneHook(t.Context(), hook))
	want(t, "of the milestone", keys(t, app.Views.Issues.MilestoneIndex().All(MilestoneKey{7, 3})),
		IssueKey{7, 1})
	hook.Action = "deleted"
	do(t, app.Process.MilestoneHook(t.Context(), hook))
	want(t, "of the milestone", keys(t, app.Views.Issues.MilestoneIndex().All(MilestoneKey{7, 3})))
	want(t, "of the milestone", keys(t, app.Views.Pulls.MilestoneIndex().All(MilestoneKey{7, 3})))
	has(t, "milestones", app.Views.Milestones, 0)
}

func TestRepositoryDeleted(t *testing.T) {
	app := newApp(t)
	for _, repo := range []int64{6, 7, 8} {
		do(t, app.Process.IssueHook(t.Context(), issueHook(repo, "opened", 1)),
			app.Process.PullHook(t.Context(), pullHook(repo, "opened", 2)),
			app.Process.CommentHook(t.Context(), commentHook(repo, 1, 5)),
			app.Process.LabelHook(t.Context(), LabelHook{Label: webhook.Label{Name: "bug"},
				Repository: ptr(from(repo, "").Repository)}),
			app.Process.MilestoneHook(t.Context(), MilestoneHook{Delivery: from(repo,
				"created"), Milestone: webhook.Milestone{Number: 1}}),
			app.Process.ReleaseHook(t.Context(),
				ReleaseHook{Delivery: from(repo, "published"), Release: webhook.Release{ID: 9}}),
			app.Process.StarHook(t.Context(), StarHook{Delivery: from(repo, "created")}),
			app.Process.MemberHook(t.Context(),
				MemberHook{Delivery: from(repo, "added"), Member: user(5, "eve")}),
			app.Process.PushHook(t.Context(),
				PushHook{Delivery: from(repo, ""), Ref: "refs/heads/main"}))
	}
	do(t, app.Process.RepositoryHook(t.Context(), RepositoryHook{Delivery: from(7, "deleted")}))
	v := app.Views
	has(t, "repositories", v.Repositories, 2)
	has(t, "issues", v.Issues, 2)
	has(t, "pull requests", v.Pulls, 2)
	has(t, "comments", v.Comments, 2)
	has(t, "labels", v.Labels, 2)
	has(t, "milestones", v.Milestones, 2)
	has(t, "releases", v.Releases, 2)
	has(t, "stars", v.Stars, 2)
	has(t, "collaborators", v.Collaborators, 2)
	has(t, "refs", v.Refs, 2)
	if _, err := v.Repositories.Get(7); !errors.Is(err, brook.ErrNotFound) {
		t.Errorf("repository 7: %v", err)
	}
}

// The history of an issue is all that made it what it is, and goes with it.
func TestHistory(t *testing.T) {
	app := newApp(t)
	do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1)),
		app.Process.CommentHook(t.Context(), commentHook(7, 1, 5)),
		app.Process.IssueHook(t.Context(), issueHook(7, "closed", 1)))
	var got []string
	for _, e := range brook.Must(app.Views.Issues.Events(IssueKey{7, 1})) {
		switch d := e.Data.(type) {
		case IssueHook:
			got = append(got, d.Action)
		case CommentHook:
			got = append(got, "comment "+d.Action)
		}
	}
	want(t, "history", got, "opened", "comment created", "closed")
}
