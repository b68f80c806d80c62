package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
)

// evolvedApps is how many evolutions TestEvolvedApps runs. evolvedFrom is of how many it takes
// those that brook.lock calls compatible, for the event and for a row that has it.
const (
	evolvedApps = 20
	evolvedFrom = 90
)

// TestEvolvedApps runs what brook.lock calls compatible: an app of the old code folds events into
// rows that hold them, in a store on disk, and one of the new code goes on. What that shows, rows
// and histories, has to be what one pass of the new code shows, without a rebuild and without a
// dead letter. Some of the events get a new version, and an upcaster, instead.
func TestEvolvedApps(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a program")
	}
	dir := tempModule(t, "example.com/evolved")
	var all []*mutation
	for i := range evolvedFrom {
		if e := newEvolution(i); e.comparable() {
			all = append(all, e)
		}
	}
	services := func(versions bool) {
		for _, name := range []string{"was", "now"} {
			write(t, filepath.Join(dir, name, "service.go"), []byte(evolvedService(name, all, versions)))
		}
	}
	services(false)
	found, err := load.Load(t.Context(), dir, []string{"./was", "./now"})
	if err != nil || len(found.Diagnostics) > 0 {
		t.Fatal(err, found.Diagnostics)
	}
	locks := map[string]*lock.Lock{}
	for _, p := range found.Packages {
		if locks[p.Name], err = lock.Parse("brook.lock", lock.Of(p).Format()); err != nil {
			t.Fatal(err)
		}
	}
	all = slices.DeleteFunc(all, func(e *mutation) bool {
		return len(lock.Compare(e.entries(locks["was"]), e.entries(locks["now"]), "")) > 0
	})
	if len(all) < evolvedApps {
		t.Fatalf("only %d evolutions are compatible", len(all))
	}
	all = all[:evolvedApps]
	if slices.IndexFunc(all, (*mutation).versioned) < 0 {
		t.Error("no event gets a new version")
	}
	services(true)
	write(t, filepath.Join(dir, "run", "run.go"), []byte(evolvedProgram))
	if status, _, errs := brookgen(t, dir, "./was", "./now"); status != success {
		t.Fatalf("status %d\n%s", status, errs)
	}
	events := map[string][]logged{}
	for _, e := range all {
		for n := range 12 {
			how := sparseness{n % 3 * 10, 0}
			events["was"] = append(events["was"], logged{e.prefix + ".old", "1", e.value(e.was, how, 0)})
			name, version := e.prefix+".old", "1"
			if e.renamed {
				name = e.prefix + ".new"
			}
			if e.versioned() {
				version = "2"
			}
			events["now"] = append(events["now"], logged{name, version, e.value(e.now, how, 0)})
		}
	}
	in, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "events"), in)
	text, err := goTool(dir, "run", "-gcflags=example.com/...=-N -l", "./run", filepath.Join(dir, "events"),
		filepath.Join(dir, "store"))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out struct {
		Rebuilt     bool
		Live, Whole map[string]any
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if out.Rebuilt {
		t.Error("the views were rebuilt")
	}
	if n := len(out.Whole); n != len(all)*24+1 {
		t.Errorf("%d rows", n)
	}
	for key, whole := range out.Whole {
		if live := out.Live[key]; !reflect.DeepEqual(filled(live), filled(whole)) {
			prefix, _, _ := strings.Cut(key, " ")
			for _, e := range all {
				if e.prefix == prefix {
					t.Log(e)
				}
			}
			t.Errorf("%s\n%s", key, diff.Diff("went on", indented(live), "one pass", indented(whole)))
		}
	}
}

// comparable reports whether rows of the old code are those that one pass of the new code makes. A
// default that is new is not in old rows, and what was rounded stays so.
func (e *mutation) comparable() bool {
	old := map[int]string{}
	for _, s := range e.was.structs() {
		for _, f := range s.fields {
			old[f.id] = f.preset
		}
	}
	for _, s := range e.now.structs() {
		for _, f := range s.fields {
			if f.preset != old[f.id] {
				return false
			}
		}
	}
	return !e.gone && strings.Count(e.before(), "float32") == strings.Count(e.after(), "float32")
}

// versioned reports whether the new code has the old type as an earlier version. What is required
// in a struct that is absent can't go through JSON again, as the upcasters have it.
func (e *mutation) versioned() bool {
	i, _ := strconv.Atoi(e.prefix[1:])
	return i%2 == 0 && !strings.Contains(e.before()+e.after(), "required")
}

// entries are those of one evolution.
func (e *mutation) entries(l *lock.Lock) *lock.Lock {
	part := &lock.Lock{}
	for _, o := range l.Entries {
		if strings.HasPrefix(o.Name, e.prefix+".") {
			part.Entries = append(part.Entries, o)
		}
	}
	return part
}

// evolvedService is a service that keeps each event in a row, as it was or as it is now, with
// versions or without.
func evolvedService(name string, all []*mutation, versions bool) string {
	var types, read strings.Builder
	for _, e := range all {
		source, root := e.before(), e.was.name
		if name == "now" {
			source, root = e.after(), e.now.name
			if versions && e.versioned() {
				source = strings.Replace(source, "\n", " version=2\n", 1) + e.earlier()
			}
		}
		fmt.Fprintf(&types, "%s//brook:collection %[2]s.rows key=string go=%[2]sRows\n"+
			"type %[2]sRow struct {\n\tData %[3]s `json:\"data\"`\n}\n\n//brook:handle\n"+
			"func (Set) %[2]s(e brook.Event[%[3]s]) brook.Change[string, %[2]sRow] {\n"+
			"\treturn brook.Create(e.ID, %[2]sRow{e.Data})\n}\n\n", source, e.prefix, root)
		fmt.Fprintf(&read, "\t\tread(all, %[1]q, app.Views.%[1]sRows.All(), app.Views.%[1]sRows.Events)\n",
			e.prefix)
	}
	return fmt.Sprintf(evolvedSource, name, types.String(), read.String())
}

// earlier is the old type as version 1, which the new code's decoder makes today's of.
func (e *mutation) earlier() string {
	was := e.was.clone(map[*typ]*typ{})
	for _, s := range was.structs() {
		s.name += "V1"
		for _, f := range s.fields {
			f.key = false
		}
	}
	return fmt.Sprintf("//brook:event %[1]s version=1\n%[2]s//brook:upcast\n"+
		"func (o %[3]s) Upcast() (next %[4]s, err error) {\n\tb, err := json.Marshal(o)\n"+
		"\tif err != nil {\n\t\treturn next, err\n\t}\n\treturn Decode%[4]sJSON(b)\n}\n\n",
		strings.Fields(e.after())[1], declarations(was), was.name, e.now.name)
}

// filled returns a value without what is as good as absent: an old row has 0 where a pointer is nil
// today, and an array of zeros where a slice is.
func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, part := range v {
			if part = filled(part); part != nil {
				all[name] = part
			}
		}
		if len(all) > 0 {
			return all
		}
		return nil
	case []any:
		all := []any{}
		for _, part := range v {
			all = append(all, filled(part))
		}
		if slices.ContainsFunc(all, func(part any) bool { return part != nil }) {
			return all
		}
		return nil
	case json.Number:
		if v == "0" {
			return nil
		}
		return plainNumbers(v)
	case string:
		if v == "" || v == "0" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}
