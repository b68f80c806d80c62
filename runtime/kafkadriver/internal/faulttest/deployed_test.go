package faulttest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	v1 "github.com/brookgen/brookgen/runtime/internal/deploy/v1"
	v2 "github.com/brookgen/brookgen/runtime/internal/deploy/v2"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// What an instance of a version of the code reports besides.
const (
	aside    = "aside"    // that it folds no longer, because another version does
	trespass = "trespass" // that it folded all the same
)

// A version is an app of one version of a package, and reads what its views show.
type version struct {
	*engine.App
	users func() (any, map[string][]string, error) // and their histories
}

// openVersion opens the first version of package deploy, or the second.
func openVersion(c brook.Config, number int) (*version, error) {
	if number == 1 {
		app, err := v1.NewApp(c, v1.Orders{})
		if err != nil {
			return nil, err
		}
		return &version{app.App, func() (any, map[string][]string, error) {
			users, err := brook.Map(app.Views.Users.All())
			histories := map[string][]string{}
			for id := range users {
				events, also := app.Views.Users.Events(id)
				err = errors.Join(err, also)
				for _, e := range events {
					histories[id] = append(histories[id], fmt.Sprint(e.Position, e.Type))
				}
			}
			return users, histories, err
		}}, nil
	}
	app, err := v2.NewApp(c, v2.Orders{})
	if err != nil {
		return nil, err
	}
	return &version{app.App, func() (any, map[string][]string, error) {
		users, err := brook.Map(app.Views.Users.All())
		histories := map[string][]string{}
		for id := range users {
			events, also := app.Views.Users.Events(id)
			err = errors.Join(err, also)
			for _, e := range events {
				histories[id] = append(histories[id], fmt.Sprint(e.Position, e.Type))
			}
		}
		return users, histories, err
	}}, nil
}

// shown is what a version shows, to be compared.
func (v *version) shown() (map[string]string, error) {
	users, histories, err := v.users()
	rows, also := json.Marshal(users)
	all := map[string]string{"rows": string(rows), "histories": fmt.Sprint(histories)}
	for l, failed := range v.DeadLetters() {
		also = errors.Join(also, failed)
		all[fmt.Sprint(l.Position, l.Stage, l.Set)] = fmt.Sprint(l.Attempts == 0)
	}
	return all, errors.Join(err, also)
}

// again is the log of an instance: it says when one that stood aside folds again.
type again struct {
	slog.Handler
	stands *atomic.Bool
}

func (again) Enabled(context.Context, slog.Level) bool { return true }

func (l again) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l again) WithGroup(string) slog.Handler { return l }

func (l again) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "folds again") {
		l.stands.Store(false)
	}
	return nil
}

// runDeployed is a child that runs a version of the code in a group, until its input ends.
func runDeployed(o order) (err error) {
	var stands atomic.Bool // aside
	say := func(word string) { fmt.Println(word) }
	d, err := kafkadriver.Open(o.Addrs, settings())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	store, done, err := o.store()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	c := config(d, store, o.Topic)
	c.Group, c.BatchSize = true, o.Batch
	c.Log = slog.New(again{c.Log.Handler(), &stands})
	var commits atomic.Int64
	c.Hooks.Commit = func(brook.Commit) {
		if stands.Load() {
			say(trespass)
		}
		if commits.Add(1) <= 100 { // nobody may read more
			say(committed)
		}
	}
	c.Hooks.Failure = func(f brook.Failure) {
		if f.What == "folding" && f.Final && errors.Is(f.Err, brook.ErrStale) {
			stands.Store(true)
			say(aside)
		}
	}
	app, err := openVersion(c, o.Version)
	for errors.Is(err, brook.ErrConflict) { // another instance made the views
		app, err = openVersion(c, o.Version)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	say(opened)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return app.Run(ctx)
}
