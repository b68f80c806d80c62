package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/brookgen/brookgen/internal/checkout"
	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
)

const changesPage = "docs/changing-code.md"

// A changeRow is a row of the tables in docs/changing-code.md, found by what is in the first
// column.
type changeRow struct {
	what string
	// edits are texts of the service in testdata/changes, each followed by what it becomes.
	edits []string
	// later is in the log after the change, besides an order as before.
	later  []logged
	before []logged // is in the log from the beginning, besides what always is
	config changedConfig
	// proved names the tests that do the change, if this one does not. A folder comes before the
	// name.
	proved []string
}

// A logged event is one of the log.
type logged struct{ Type, Key, Data string }

// A changedConfig is what of brook.Config is other than before.
type changedConfig struct {
	Name, Author, Topic             string
	OnCodeChange                    brook.CodeChangePolicy
	PlainJSON, NewStore, Partitions bool
}

// A changeCost is what run.go in testdata/changes reports of a change.
type changeCost struct {
	Errors      []string
	Rebuilt     bool
	Filled      []string
	Folded      int
	Emitted     int
	Letters     []string
	Warnings    []string
	Rows, Whole map[string]any
	Refused     bool
	Told        int
}

var changesLog = []logged{
	{"order.placed", "o1", `{"order":"o1","user":"ada","cents":500,"note":"a gift"}`},
	{"order.placed", "o2", `{"order":"o2","user":"bob","cents":300}`},
	{"order.paid", "o1", `{"order":"o1","cents":500}`},
}

var changesLater = logged{"order.placed", "o3", `{"order":"o3","user":"ada","cents":100,"note":""}`}

// TestChanges does what each row of the tables in docs/changing-code.md is about, and wants it to
// cost what the row says in bold. There is a row for each change here, and a change for each row.
func TestChanges(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it compiles programs, of which the race detector sees nothing")
	}
	rows := costs(t)
	for _, c := range changes {
		if _, ok := rows[c.what]; !ok {
			t.Errorf("%s has no row %q", changesPage, c.what)
		}
		for _, name := range c.proved {
			proves(t, c.what, name)
		}
	}
	for what := range rows {
		if !slices.ContainsFunc(changes, func(c changeRow) bool { return c.what == what }) {
			t.Errorf("%s: nobody does %q", changesPage, what)
		}
	}
	done := slices.DeleteFunc(slices.Clone(changes), func(c changeRow) bool { return c.proved != nil })
	dir := tempModule(t, "example.com/changes")
	refused, warned := generateChanges(t, dir, done)
	for i, o := range runChanges(t, dir, done) {
		c, said := done[i], refused[folder(i)]+warned[folder(i)]
		var got []string
		if refused[folder(i)] != "" {
			got = append(got, "refused")
		}
		if warned[folder(i)] != "" {
			got = append(got, "a warning")
		}
		running := o.costs(&c)
		if len(running) == 0 && warned[folder(i)] == "" {
			running = []string{"nothing"}
		}
		got = append(got, running...)
		if want := rows[c.what]; !slices.Equal(got, want) {
			t.Errorf("%s costs %q, and %s says %q\n%s%.2000s", c.what, got, changesPage, want, said,
				fmt.Sprintf("%+v", o))
		}
	}
}

// costs returns words for what a change costs once its code runs, as the page has them.
func (o *changeCost) costs(c *changeRow) (all []string) {
	for _, cost := range []struct {
		word  string
		costs bool
	}{
		{"an error", len(o.Errors) > 0},
		{"a rebuild", o.Rebuilt},
		{"the whole log", !o.Rebuilt && o.Folded > 1+len(c.later)},
		{"an index is filled", len(o.Filled) > 0},
		{"emissions again", o.Emitted > 1+len(c.later)},
		{"dead letters", len(o.Letters) > 0},
		{"new events only", !reflect.DeepEqual(o.Rows, o.Whole)},
		{"a refused rebuild", o.Refused},
		{"told", o.Told == 2},
	} {
		if cost.costs {
			all = append(all, cost.word)
		}
	}
	return all
}

// generateChanges writes the service, and a package of it for each change, and generates. It
// returns what brookgen says by folder: what it refuses, which is accepted then, and what it warns
// of.
func generateChanges(t *testing.T, dir string, all []changeRow) (refused, warned map[string]string) {
	t.Helper()
	service, err := txtar.ParseFile(filepath.Join(checkout.Root(t), "testdata/changes/service.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var run []byte
	sources := map[string]string{}
	for _, f := range service.Files {
		if f.Name == "run.go" {
			run = f.Data
			continue
		}
		sources[f.Name] = string(f.Data)
		write(t, filepath.Join(dir, "before", f.Name), f.Data)
	}
	if status, out, errs := brookgen(t, dir, "./..."); status != success || out+errs != "" {
		t.Fatalf("before: status %d\n%s%s", status, out, errs)
	}
	lock, err := os.ReadFile(filepath.Join(dir, "before/brook.lock"))
	if err != nil {
		t.Fatal(err)
	}
	var imports, packages strings.Builder
	fmt.Fprintf(&imports, "import before %q\n", "example.com/changes/before")
	packages.WriteString("\"before\": before.Open,\n")
	for i, c := range all {
		if len(c.edits) == 0 {
			continue
		}
		for name, text := range edited(t, &c, sources) {
			write(t, filepath.Join(dir, folder(i), name), []byte(text))
		}
		write(t, filepath.Join(dir, folder(i), "brook.lock"), lock)
		fmt.Fprintf(&imports, "import %s %q\n", folder(i), "example.com/changes/"+folder(i))
		fmt.Fprintf(&packages, "%q: %s.Open,\n", folder(i), folder(i))
	}
	said := func(status int) map[string]string {
		all := map[string]string{}
		for name, lines := range generateAll(t, dir, status) {
			all[name] = strings.Join(lines, "")
		}
		delete(all, "")
		return all
	}
	refused = said(failure)
	accept := []string{"lock", "-accept"}
	for name := range refused {
		accept = append(accept, "./"+name)
	}
	if status, out, errs := brookgen(t, dir, accept...); status != success {
		t.Fatalf("%q: status %d\n%s%s", accept, status, out, errs)
	}
	warned = said(success)
	write(t, filepath.Join(dir, "run/run.go"), run)
	write(t, filepath.Join(dir, "run/packages.go"), []byte("package main\n\n"+imports.String()+
		"\nvar packages = map[string]open{\n"+packages.String()+"}\n"))
	return refused, warned
}

// folder is that of a change, and its package's name in run/packages.go.
func folder(i int) string { return fmt.Sprintf("change%02d", i) }

// edited returns the files of the service after a change.
func edited(t *testing.T, c *changeRow, sources map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, text := range sources {
		all[name] = text
	}
	for pair := range slices.Chunk(c.edits, 2) {
		found := false
		for name, text := range all {
			if strings.Contains(text, pair[0]) {
				found, all[name] = true, strings.ReplaceAll(text, pair[0], pair[1])
			}
		}
		if !found {
			t.Fatalf("%s: the service has no text %q", c.what, pair[0])
		}
	}
	return all
}

// runChanges runs the services of all changes over logs of their own.
func runChanges(t *testing.T, dir string, all []changeRow) []changeCost {
	t.Helper()
	type step struct {
		Package    string
		Log, Later []logged
		Config     changedConfig
	}
	steps := make([]step, len(all))
	for i, c := range all {
		steps[i] = step{Package: "before", Config: c.config,
			Log:   append(slices.Clone(changesLog), c.before...),
			Later: append([]logged{changesLater}, c.later...)}
		if len(c.edits) > 0 {
			steps[i].Package = folder(i)
		}
	}
	in, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "run", "-gcflags=example.com/...=-N -l", "./run")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("go run: %v\n%s", err, stderr.String())
	}
	var outcomes []changeCost
	if err := json.Unmarshal(stdout.Bytes(), &outcomes); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	return outcomes
}
