package hub

import (
	"testing"

	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
)

func TestPeople(t *testing.T) {
	app := newApp(t)
	merged := pullHook(7, "closed", 2)
	merged.PullRequest.Merged = ptr(true)
	unmerged := pullHook(7, "closed", 3)
	unmerged.PullRequest.Merged = ptr(false)
	transfer := issueHook(7, "opened", 4)
	transfer.Changes.OldIssue = &webhook.Issue{Number: 1}
	do(t, app.Process.IssueHook(t.Context(), issueHook(7, "opened", 1)),
		app.Process.IssueHook(t.Context(), transfer),
		app.Process.IssueHook(t.Context(), issueHook(7, "closed", 1)),
		app.Process.PullHook(t.Context(), pullHook(7, "opened", 2)),
		app.Process.PullHook(t.Context(), merged), app.Process.PullHook(t.Context(), unmerged),
		app.Process.CommentHook(t.Context(), commentHook(7, 1, 5)),
		app.Process.PushHook(t.Context(), PushHook{Delivery: from(7,
			""), Ref: "refs/heads/main", Commits: make([]webhook.Commit, 3)}),
		app.Process.ReleaseHook(t.Context(),
			ReleaseHook{Delivery: from(7, "published"), Release: webhook.Release{ID: 9}}))
	got, err := app.Views.People.Get(2)
	if want := (Person{ID: 2, Login: "bob", Type: "User", Deliveries: 9, IssuesOpened: 1, IssuesClosed: 1, PullsOpened: 1, PullsMerged: 1,
		Comments: 1, Pushes: 1, Commits: 3, Releases: 1}); err != nil || got != want {
		t.Errorf("%+v, %v, want\n%+v", got, err, want)
	}
	want(t, "people", keys(t, app.Views.People.All()), 2, 3, 4) // with the authors of the issue and of the comment
	if cat := brook.Must(app.Views.People.Get(3)); cat.Deliveries != 0 || cat.Login != "cat" {
		t.Errorf("%+v", cat)
	}
}

// Nobody is made of accounts that are gone; a login that changed is taken over.
func TestGhosts(t *testing.T) {
	h := issueHook(7, "opened", 1)
	h.Sender, h.Issue.User, h.Assignee = nil, nil, &webhook.User{Login: "ghost"}
	if changes := (Crowd{}).IssueHook(brook.Event[IssueHook]{Data: h}); len(changes) != 0 {
		t.Errorf("changes %v", changes)
	}
	h.Sender = user(3, "tom")
	changes := Crowd{}.IssueHook(brook.Event[IssueHook]{Data: h})
	if len(changes) != 1 {
		t.Fatalf("changes %v", changes)
	}
	if got, ok := changes[0].Apply(Person{ID: 3, Login: "cat", Deliveries: 1}, true); !ok ||
		got.Login != "tom" || got.Deliveries != 2 {
		t.Errorf("%+v", got)
	}
}

func TestHandle(t *testing.T) {
	for want, u := range map[string]*webhook.User{"": nil, "ada": user(1, "ada"),
		"old": {Name: ptr("old")}} {
		if got := u.Handle(); got != want {
			t.Errorf("%+v is %q, want %q", u, got, want)
		}
	}
}
