package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/brookgen/brookgen/examples/github/hub"
	brook "github.com/brookgen/brookgen/runtime"
)

// questions asks the views what takes more than one row to answer.
func questions(w io.Writer, views hub.Views) error {
	best := top[brook.Entry[hub.IssueKey, hub.Issue]]{less: func(a, b *brook.Entry[hub.IssueKey, hub.Issue]) bool { return a.Value.Comments > b.Value.Comments }}
	for e, err := range views.Issues.All() {
		if err != nil {
			return err
		}
		best.add(e)
	}
	if len(best.rows) == 0 {
		return nil
	}
	issue := best.rows[0].Value
	for _, ask := range []func(io.Writer, hub.Views, hub.Issue) error{open, labelled, surroundings,
		past} {
		if err := ask(w, views, issue); err != nil {
			return err
		}
	}
	return nil
}

// open answers from an index whose issues are open.
func open(w io.Writer, views hub.Views, _ hub.Issue) error {
	counts := map[hub.UserID]int{}
	var authors []hub.UserID // as they come
	for i, err := range views.Issues.ByState("open") {
		if err != nil {
			return err
		}
		if counts[i.Author]++; counts[i.Author] == 1 {
			authors = append(authors, i.Author)
		}
	}
	best := top[hub.UserID]{less: func(a, b *hub.UserID) bool {
		return counts[*a] > counts[*b] || counts[*a] == counts[*b] && *a < *b
	}}
	for _, id := range authors {
		best.add(id)
	}
	fmt.Fprintln(w, "\nWhose issues are open?")
	for _, id := range best.rows {
		fmt.Fprintf(w, "  %d of %s\n", counts[id], login(views, id))
	}
	if len(best.rows) == 0 {
		fmt.Fprintln(w, "  nobody's")
	}
	return nil
}

// labelled answers from an index with an entry for each label what else bears the issue's first
// one.
func labelled(w io.Writer, views hub.Views, issue hub.Issue) error {
	if len(issue.Labels) == 0 {
		return nil
	}
	label := issue.Labels[0]
	fmt.Fprintf(w, "\nWhat is labelled %q?\n", label)
	rest := 0
	for e, err := range views.Issues.LabelsIndex().All(label) {
		if err != nil {
			return err
		}
		if rest++; rest <= few {
			fmt.Fprintf(w, "  issue %s: %s\n", number(views, e.Key), e.Value.Title)
		}
	}
	for e, err := range views.Pulls.LabelsIndex().All(label) {
		if err != nil {
			return err
		}
		if rest++; rest <= few {
			fmt.Fprintf(w, "  pull request %s: %s\n", number(views, e.Key), e.Value.Title)
		}
	}
	if rest > few {
		fmt.Fprintf(w, "  and %d more\n", rest-few)
	}
	return nil
}

// surroundings answers from keys that begin alike what belongs to the issue's repository, and from
// an index what its owner has.
func surroundings(w io.Writer, views hub.Views, issue hub.Issue) error {
	repo, err := views.Repositories.Get(issue.Key.Repo)
	if err != nil {
		return nil // it was transferred from where nobody listens
	}
	fmt.Fprintf(w, "\nWhat is in %s?\n", repo.FullName)
	var names []string
	for e, err := range views.Labels.WithRepo(repo.ID) {
		if err != nil {
			return err
		}
		names = append(names, string(e.Key.Name))
	}
	list(w, "labels", names)
	names = nil
	for e, err := range views.Refs.WithRepo(repo.ID) {
		if err != nil {
			return err
		}
		names = append(names, e.Key.Kind+" "+e.Key.Name)
	}
	list(w, "branches and tags", names)
	names = nil
	for r, err := range views.Repositories.ByOwner(repo.Owner) {
		if err != nil {
			return err
		}
		names = append(names, r.FullName)
	}
	list(w, "repositories of "+string(repo.Owner), names)
	return nil
}

// past answers from the history how the issue came to be what it is.
func past(w io.Writer, views hub.Views, issue hub.Issue) error {
	events, err := views.Issues.Events(issue.Key)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhat happened to issue %s, %q?\n", number(views, issue.Key), issue.Title)
	for i, e := range events[max(0, len(events)-2*few):] {
		if i == 0 && len(events) > 2*few {
			fmt.Fprintf(w, "  %d events, then\n", len(events)-2*few)
		}
		switch d := e.Data.(type) {
		case hub.IssueHook:
			fmt.Fprintf(w, "  %s %s by %s\n", e.ID, d.Action, or(d.Sender.Handle(), "nobody"))
		case hub.CommentHook:
			fmt.Fprintf(w, "  %s comment %s by %s\n", e.ID, d.Action,
				or(d.Sender.Handle(), "nobody"))
		case hub.LabelHook:
			fmt.Fprintf(w, "  %s its label %s %s\n", e.ID, d.Label.Name, d.Action)
		case hub.MilestoneHook:
			fmt.Fprintf(w, "  %s its milestone %s %s\n", e.ID, d.Milestone.Title, d.Action)
		default:
			fmt.Fprintf(w, "  %s %s\n", e.ID, e.Type)
		}
	}
	return nil
}

func list(w io.Writer, what string, names []string) {
	switch {
	case len(names) == 0:
		return
	case len(names) > few:
		fmt.Fprintf(w, "  %d %s: %s …\n", len(names), what, strings.Join(names[:few], ", "))
	default:
		fmt.Fprintf(w, "  %d %s: %s\n", len(names), what, strings.Join(names, ", "))
	}
}

// login gives the name of an account as it is now.
func login(views hub.Views, id hub.UserID) string {
	p, err := views.People.Get(id)
	if err != nil {
		return "somebody who is gone"
	}
	return or(string(p.Login), "?")
}

// number names an issue or a pull request as GitHub does.
func number(views hub.Views, key hub.IssueKey) string {
	name := fmt.Sprint(key.Repo)
	if r, err := views.Repositories.Get(key.Repo); err == nil {
		name = r.FullName
	}
	return fmt.Sprintf("%s#%d", name, key.Number)
}
