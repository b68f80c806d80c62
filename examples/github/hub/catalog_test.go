package hub

import (
	"testing"

	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
)

func TestRenamedAndTransferred(t *testing.T) {
	app := newApp(t)
	renamed := RepositoryHook{Delivery: from(7, "renamed")}
	renamed.Repository.FullName = "ada/lake"
	moved := RepositoryHook{Delivery: from(7, "transferred")}
	moved.Repository.FullName, moved.Repository.Owner = "org/lake", &webhook.User{ID: 9,
		Login: "org", Type: "Organization"}
	moved.Organization = &webhook.Organization{ID: 9, Login: "org"}
	do(t, app.Process.RepositoryHook(t.Context(), RepositoryHook{Delivery: from(7, "created")}))
	for _, h := range []RepositoryHook{renamed, moved} {
		do(t, app.Process.RepositoryHook(t.Context(), h))
		want(t, "by name", keys(t,
			app.Views.Repositories.FullNameIndex().All(h.Repository.FullName)), 7)
	}
	want(t, "of ada", keys(t, app.Views.Repositories.OwnerIndex().All("ada")))
	want(t, "of org", keys(t, app.Views.Repositories.OwnerIndex().All("org")), 7)
	has(t, "repositories", app.Views.Repositories, 1)
	has(t, "organizations", app.Views.Organizations, 1)
}

// Two repositories may bear one name, one after the other.
func TestNameTwice(t *testing.T) {
	app := newApp(t)
	do(t, app.Process.RepositoryHook(t.Context(), RepositoryHook{Delivery: from(7, "created")}),
		app.Process.RepositoryHook(t.Context(), RepositoryHook{Delivery: from(8, "created")}))
	want(t, "by name", keys(t, app.Views.Repositories.FullNameIndex().All("ada/pond")), 7, 8)
}

// A delivery that shows names alone leaves the rest as it was.
func TestShortRepository(t *testing.T) {
	r := Repository{ID: 7, Stars: 5, DefaultBranch: "main", Owner: "ada"}
	r.show(&webhook.Repository{ID: 7, FullName: "ada/lake"})
	if r.FullName != "ada/lake" || r.Stars != 5 || r.Owner != "ada" {
		t.Errorf("%+v", r)
	}
}

func TestFork(t *testing.T) {
	app := newApp(t)
	do(t, app.Process.ForkHook(t.Context(), ForkHook{Delivery: from(7,
		""), Forkee: webhook.Repository{ID: 8, FullName: "bob/pond", Owner: user(2, "bob")}}))
	want(t, "forks", keys(t, app.Views.Repositories.ParentIndex().All(7)), 8)
}

func TestStars(t *testing.T) {
	app := newApp(t)
	star := func(action string, sender *webhook.User) {
		t.Helper()
		h := StarHook{Delivery: from(7, action)}
		h.Sender = sender
		do(t, app.Process.StarHook(t.Context(), h))
	}
	star("created", user(2, "bob"))
	star("created", user(2, "bob"))
	star("created", user(3, "cat"))
	star("created", nil) // an account that is gone
	star("polished", user(4, "dan"))
	want(t, "stars", keys(t, app.Views.Stars.All()), StarKey{7, 2}, StarKey{7, 3})
	star("deleted", user(2, "bob"))
	star("deleted", user(5, "eve")) // starred before anybody listened
	want(t, "stars", keys(t, app.Views.Stars.All()), StarKey{7, 3})
	want(t, "of cat", keys(t, app.Views.Stars.UserIndex().All(3)), StarKey{7, 3})
	want(t, "kinds", keys(t, app.Views.Kinds.All()), KindKey{"star", "created"},
		KindKey{"star", "deleted"})
}

func TestCollaborators(t *testing.T) {
	app := newApp(t)
	member := func(action string, changes MemberChanges, m *webhook.User) {
		t.Helper()
		do(t, app.Process.MemberHook(t.Context(),
			MemberHook{Delivery: from(7, action), Member: m, Changes: changes}))
	}
	member("added", MemberChanges{Permission: &webhook.Was{To: ptr("write")}}, user(5, "eve"))
	member("edited", MemberChanges{OldPermission: &webhook.Was{From: ptr("write")}}, user(5, "eve"))
	member("added", MemberChanges{}, nil)
	member("praised", MemberChanges{}, user(6, "fay"))
	if c, err := app.Views.Collaborators.Get(MemberKey{7, 5}); err != nil ||
		c.Permission != "write" || c.Login != "eve" {
		t.Errorf("%+v, %v", c, err)
	}
	has(t, "collaborators", app.Views.Collaborators, 1)
	member("removed", MemberChanges{}, user(5, "eve"))
	has(t, "collaborators", app.Views.Collaborators, 0)
}

func TestRefs(t *testing.T) {
	app := newApp(t)
	push := func(ref string, deleted bool, commits int) {
		t.Helper()
		do(t, app.Process.PushHook(t.Context(),
			PushHook{Delivery: from(7, ""), Ref: ref, After: "abc", Deleted: deleted,
				Commits: make([]webhook.Commit, commits)}))
	}
	push("refs/heads/feature/x", false, 2) // may come before its create
	do(t, app.Process.CreateHook(t.Context(),
		CreateHook{Delivery: from(7, ""), Ref: ptr("feature/x"), RefType: "branch"}),
		app.Process.CreateHook(t.Context(),
			CreateHook{Delivery: from(7, ""), Ref: ptr("v1"), RefType: "tag"}),
		app.Process.CreateHook(t.Context(),
			CreateHook{Delivery: from(7, ""), RefType: "repository"}))
	push("refs/heads/feature/x", false, 1)
	push("refs/tags/v2", false, 0)
	push("refs/notes/commits", false, 0)
	want(t, "refs", keys(t, app.Views.Refs.All()), RefKey{7, "branch", "feature/x"},
		RefKey{7, "notes", "commits"}, RefKey{7, "tag", "v1"}, RefKey{7, "tag", "v2"})
	if r := brook.Must(app.Views.Refs.Get(RefKey{7, "branch", "feature/x"})); r != (Ref{Head: "abc", Pushes: 2, Commits: 3}) {
		t.Errorf("%+v", r)
	}
	push("refs/heads/feature/x", true, 0)
	do(t, app.Process.DeleteHook(t.Context(),
		DeleteHook{Delivery: from(7, ""), Ref: ptr("v1"), RefType: "tag"}),
		app.Process.DeleteHook(t.Context(), DeleteHook{Delivery: from(7, ""), RefType: "branch"}))
	want(t, "refs", keys(t, app.Views.Refs.All()), RefKey{7, "notes", "commits"},
		RefKey{7, "tag", "v2"})
}

// What is discarded changes nothing, in any set.
func TestDiscards(t *testing.T) {
	label := brook.Event[LabelHook]{Data: LabelHook{Action: "created", Label: webhook.Label{Name: "bug"}}}
	app := newApp(t)
	do(t, app.Process.LabelHook(t.Context(), label.Data),
		app.Process.StarHook(t.Context(), StarHook{Delivery: from(7, "polished")}),
		app.Process.MemberHook(t.Context(),
			MemberHook{Delivery: from(7, "praised"), Member: user(6, "fay")}))
	has(t, "repositories", app.Views.Repositories, 0)
	has(t, "people", app.Views.People, 0)
	has(t, "labels", app.Views.Labels, 0)
	has(t, "kinds", app.Views.Kinds, 0)
	if c := (Tally{}).LabelHook(label); c.Op() != brook.OpDiscard {
		t.Errorf("Tally does a %s", c.Op())
	}
}
