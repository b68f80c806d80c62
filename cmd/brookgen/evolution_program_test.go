package main

// evolvedSource is a service of TestEvolvedApps, without what is different.
const evolvedSource = `package %s

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
)

var _, _ = json.Valid, time.Now

type Set struct{}

%s
// Open makes an app, and returns with it a function that reads all rows with their histories.
func Open(c brook.Config) (*engine.App, func() map[string]any, error) {
	app, err := NewApp(c, Set{})
	if err != nil {
		return nil, nil, err
	}
	return app.App, func() map[string]any {
		all := map[string]any{}
%s
		letters := []string{}
		for l, err := range app.DeadLetters() {
			letters = append(letters, fmt.Sprint(l.Type, " ", l.Stage, ": ", l.Error, err))
		}
		all["letters"] = letters
		return all
	}, nil
}

// read adds the rows of a collection, as JSON, each with the events that made it.
func read[V, E any](
	all map[string]any, name string, rows iter.Seq2[brook.Entry[string, V], error],
	events func(string) ([]brook.Event[E], error),
) {
	for row, err := range rows {
		if err != nil {
			all[name] = err.Error()
			return
		}
		entry := []any{row.Value}
		history, err := events(row.Key)
		if err != nil {
			entry = append(entry, err.Error())
		}
		for _, e := range history {
			kind := fmt.Sprintf("%%T", e.Data)
			entry = append(entry, kind[strings.Index(kind, ".")+1:], e.Type, e.Data)
		}
		all[name+" "+row.Key] = entry
	}
}
`

// evolvedProgram folds events with the old service, and goes on with the new one.
const evolvedProgram = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"example.com/evolved/now"
	"example.com/evolved/was"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

type open func(brook.Config) (*engine.App, func() map[string]any, error)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(file, dir string) (err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var events map[string][]struct{ Type, Key, Data string }
	if err := json.Unmarshal(text, &events); err != nil {
		return err
	}
	d := memdriver.New(memdriver.Topic("evolved", 1))
	quiet := slog.New(slog.DiscardHandler)
	store, err := badgerstore.Open(dir, badgerstore.NoSync(), badgerstore.Memory(1), badgerstore.Log(quiet))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c := brook.Config{Author: "evolved", Driver: d, Store: store, Log: quiet}
	n := 0
	publish := func(name string) error {
		for _, e := range events[name] {
			n++
			version, err := strconv.Atoi(e.Key)
			if err != nil {
				return err
			}
			var r brook.Record
			r.Topic = "evolved"
			m := brook.Message{ID: fmt.Sprint(n), Type: e.Type, Author: "evolved", Data: []byte(e.Data),
				Time: time.Unix(int64(n), 0), Version: version}
			if version == 1 {
				m.Version = 0 // as it was published before there were versions
			}
			if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
				return err
			}
			if _, err := d.Publish(context.Background(), []brook.Record{r}); err != nil {
				return err
			}
		}
		return nil
	}
	fold := func(code open, c brook.Config) (map[string]any, error) {
		app, rows, err := code(c)
		if err != nil {
			return nil, err
		}
		err = app.CatchUp(context.Background())
		all := rows()
		return all, errors.Join(err, app.Close())
	}
	if err := publish("was"); err != nil {
		return err
	}
	if _, err := fold(was.Open, c); err != nil {
		return err
	}
	if err := publish("now"); err != nil {
		return err
	}
	var out struct {
		Rebuilt     bool
		Live, Whole map[string]any
	}
	c.Hooks.Rebuild = func(bool, error) { out.Rebuilt = true }
	if out.Live, err = fold(now.Open, c); err != nil {
		return err
	}
	c.Store, c.Hooks = mapstore.New(), brook.Hooks{}
	if out.Whole, err = fold(now.Open, c); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
`
