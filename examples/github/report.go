package main

import (
	"fmt"
	"io"

	"github.com/brookgen/brookgen/examples/github/hub"
)

// few is how many rows of a view are shown.
const few = 5

// report prints what the views hold, and answers questions from them.
func report(w io.Writer, views hub.Views) error {
	for _, part := range []func(io.Writer, hub.Views) error{sizes, kinds, repositories, people,
		questions} {
		if err := part(w, views); err != nil {
			return err
		}
	}
	return nil
}

// sizes prints how many rows each view has.
func sizes(w io.Writer, views hub.Views) error {
	fmt.Fprintln(w, "The views hold")
	for _, v := range []struct {
		name string
		len  func() (int, error)
	}{
		{"repositories", views.Repositories.Len}, {"organizations", views.Organizations.Len},
		{"branches and tags", views.Refs.Len},
		{"collaborators", views.Collaborators.Len}, {"stars", views.Stars.Len},
		{"issues", views.Issues.Len}, {"pull requests", views.Pulls.Len},
		{"comments", views.Comments.Len}, {"labels", views.Labels.Len},
		{"milestones", views.Milestones.Len}, {"releases", views.Releases.Len},
		{"people", views.People.Len},
	} {
		n, err := v.len()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%7d %s\n", n, v.name)
	}
	return nil
}

// kinds prints what was applied, by event.
func kinds(w io.Writer, views hub.Views) error {
	fmt.Fprintln(w, "\nApplied were")
	event := ""
	for kind, err := range views.Kinds.All() {
		if err != nil {
			return err
		}
		if kind.Key.Event != event {
			if event != "" {
				fmt.Fprintln(w)
			}
			event = kind.Key.Event
			fmt.Fprintf(w, "  %s:", event)
		}
		if kind.Key.Action != "" {
			fmt.Fprintf(w, " %s", kind.Key.Action)
		}
		fmt.Fprintf(w, " %d", kind.Value.Deliveries)
	}
	if event == "" {
		fmt.Fprint(w, "  none")
	}
	fmt.Fprintln(w)
	return nil
}

func repositories(w io.Writer, views hub.Views) error {
	best := top[hub.Repository]{less: func(a, b *hub.Repository) bool { return a.Stars > b.Stars }}
	for e, err := range views.Repositories.All() {
		if err != nil {
			return err
		}
		best.add(e.Value)
	}
	fmt.Fprintln(w, "\nRepositories, by stars")
	for _, r := range best.rows {
		visibility := "public"
		if r.Private {
			visibility = "private"
		}
		fmt.Fprintf(w, "  %s (%d): %s, %d stars, %d forks, %d open issues, pushed %s\n", r.FullName,
			r.ID, visibility, r.Stars, r.Forks, r.OpenIssues, or(r.Pushed.String(), "never"))
	}
	return nil
}

func people(w io.Writer, views hub.Views) error {
	best := top[hub.Person]{less: func(a, b *hub.Person) bool { return a.Deliveries > b.Deliveries }}
	for e, err := range views.People.All() {
		if err != nil {
			return err
		}
		best.add(e.Value)
	}
	fmt.Fprintln(w, "\nPeople, by what they did")
	for _, p := range best.rows {
		fmt.Fprintf(w, "  %s (%d, %s): %d deliveries; issues opened %d, closed %d; pull requests opened %d, merged %d; %d comments, %d pushes with %d commits, %d releases\n",
			or(string(p.Login), "?"), p.ID, or(p.Type, "?"), p.Deliveries, p.IssuesOpened, p.IssuesClosed, p.PullsOpened, p.PullsMerged, p.Comments, p.Pushes, p.Commits, p.Releases)
	}
	return nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
