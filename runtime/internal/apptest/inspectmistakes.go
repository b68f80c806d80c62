package apptest

import (
	"errors"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// mistakes asks for what is not there, or can't be read.
func (x *inspected) mistakes() {
	ctx := x.Context()
	value := "b"
	for name, c := range map[string]struct {
		want error
		do   func() error
	}{
		"collection": {inspect.ErrUnknown, func() error {
			_, err := x.seen.Rows(ctx, "<b>", inspect.RowQuery{})
			return err
		}},
		"index": {inspect.ErrUnknown, func() error {
			_, err := x.seen.Rows(ctx, "accounts", inspect.RowQuery{Index: "Nix", Value: &value})
			return err
		}},
		"row":       {brook.ErrNotFound, x.row("accounts", "nobody")},
		"key":       {inspect.ErrMistaken, x.row("lines", "a/b/c")},
		"hex key":   {inspect.ErrMistaken, x.row("lines", "hex:00")},
		"no hex":    {inspect.ErrMistaken, x.row("accounts", "hex:0")},
		"large key": {inspect.ErrMistaken, x.row("accounts", strings.Repeat("x", 1<<20))},
		"cursor": {inspect.ErrMistaken, func() error {
			_, err := x.seen.Rows(ctx, "accounts", inspect.RowQuery{Page: inspect.Page{After: "!"}})
			return err
		}},
		"limit": {inspect.ErrMistaken, func() error {
			_, err := x.seen.Letters(ctx, inspect.LetterFilter{}, inspect.Page{Limit: -1})
			return err
		}},
		"letter": {brook.ErrNotFound, func() error {
			_, err := x.seen.Letter(ctx, "AAAA")
			return err
		}},
		"ID": {inspect.ErrMistaken, func() error {
			_, err := x.seen.Drop(ctx, inspect.LetterFilter{IDs: []string{"?"}})
			return err
		}},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			x.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// foreign uses cursors of one list for others, and cursors that somebody made or cut: all lists
// refuse them, whatever they hold.
func (x *inspected) foreign() {
	ctx := x.Context()
	value := "c"
	rows := func(collection string, q inspect.RowQuery) func(inspect.Page) (string, error) {
		return func(p inspect.Page) (string, error) {
			q.Page = p
			page, err := x.seen.Rows(ctx, collection, q)
			return page.Next, err
		}
	}
	lists := map[string]func(inspect.Page) (string, error){
		"accounts":     rows("accounts", inspect.RowQuery{}),
		"lines":        rows("lines", inspect.RowQuery{}),
		"by an index":  rows("accounts", inspect.RowQuery{Index: "Email"}),
		"with a value": rows("accounts", inspect.RowQuery{Index: "Email", Value: &value}),
		"letters": func(p inspect.Page) (string, error) {
			page, err := x.seen.Letters(ctx, inspect.LetterFilter{}, p)
			return page.Next, err
		},
		"parked": func(p inspect.Page) (string, error) {
			page, err := x.seen.Parked(ctx, p)
			return page.Next, err
		},
	}
	cursors, got := map[string]string{}, 0
	for name, list := range lists {
		next, err := list(inspect.Page{Limit: 1})
		if err != nil {
			x.Errorf("%s: %v", name, err)
		}
		if next == "" {
			continue
		}
		cursors[name], got = next, got+1
		cursors[name+", cut"], cursors[name+", cut in front"] = next[:len(next)-2], next[2:]
		cursors[name+", longer"] = next + "AAAA"
	}
	if got < 3 {
		x.Errorf("cursors of %d lists", got)
	}
	cursors["made up"], cursors["made up, short"], cursors["no base64"] = "AAAAAAAAAAAA", "AA", "?"
	for from, cursor := range cursors {
		for name, list := range lists {
			for _, reverse := range []bool{false, true} {
				_, err := list(inspect.Page{Limit: 1, After: cursor, Reverse: reverse})
				if from == name && err != nil || from != name && !errors.Is(err, inspect.ErrMistaken) {
					x.Errorf("%s with the cursor of %s: %v", name, from, err)
				}
			}
		}
	}
}
