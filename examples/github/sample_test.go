package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sample finds the file of real deliveries that lies beside the project, where there is one.
func sample(t testing.TB) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Fatal("no go.mod above the test")
	}
	file := filepath.Join(dir, "..", "shared", "data", "github-webhooks.ndjson")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("SKIPPED: the real deliveries are not there: %v", err)
	}
	return data
}

func TestSample(t *testing.T) {
	data := sample(t)
	r := fold(t, string(data))
	r.ends(t, 0, 117, 2, 0, 0)
	r.says(t, "issues: assigned 3 deleted 1 demilestoned 2", "  star: created 1 deleted 1\n",
		"What happened to issue Codertocat/Hello-World#1")
	if again := fold(t, string(data)); again != r {
		t.Error("the output differs from one run to the next")
	}
	fold(t, strings.Repeat(string(data), 10)).ends(t, 0, 1170, 20, 0, 0)
}

// A delivery that counts as applied changed a view, and one that was discarded changed none.
func TestSampleOneByOne(t *testing.T) {
	for line := range bytes.Lines(sample(t)) {
		f, err := newFolder(io.Discard, newProgress(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.fold(t.Context(), nil, bytes.NewReader(line)); err != nil {
			t.Fatal(err)
		}
		total, err := f.totals()
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, n := range []func() (int, error){f.app.Views.Repositories.Len,
			f.app.Views.People.Len} {
			count, err := n()
			if err != nil {
				t.Fatal(err)
			}
			rows += count
		}
		want := 1
		if rows == 0 {
			want = 0
		}
		if total.applied != want || total.discarded != 1-want {
			t.Errorf("%d rows, but %s: %.80s", rows, total, line)
		}
		f.app.Close()
	}
}

// needed reports whether a delivery can't do without a field: what it is about, and what identifies
// that.
func needed(event, field string) bool {
	switch event {
	case "watch":
		return false // nobody looks at it
	case "label":
		if field == "repository" {
			return false // of an organization
		}
	}
	path := strings.Split(strings.ReplaceAll(field, "[]", ""), ".")
	name, parent := path[len(path)-1], ""
	if len(path) > 1 {
		parent = path[len(path)-2]
	}
	switch name {
	case "id":
		return slices.Contains([]string{"repository", "repo", "forkee", "new_repository", "old_repository", "comment", "release"}, parent)
	case "number":
		return slices.Contains([]string{"issue", "new_issue", "old_issue", "pull_request", "milestone"}, parent)
	case "name":
		return parent == "label" || parent == "labels"
	case "repository", "forkee", "issue", "comment", "pull_request", "release", "milestone", "label", "ref":
		subjects := map[string]string{"issue_comment": "issue comment", "issues": "issue",
			"push": "ref"}
		return parent == "" && (name == "repository" || name == event || name == "forkee" ||
			strings.Contains(subjects[event], name))
	}
	return false
}

// Whatever else is null or absent, a delivery is folded.
func TestSampleWithoutFields(t *testing.T) {
	f, err := newFolder(io.Discard, newProgress(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer f.app.Close()
	seen := map[string]bool{}
	for line := range bytes.Lines(sample(t)) {
		var d struct {
			Event   string         `json:"event"`
			Payload map[string]any `json:"payload"`
		}
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		without(d.Payload, "", func(field, how string) {
			name := d.Event + " " + field + " " + how
			if seen[name] {
				return
			}
			seen[name] = true
			b, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			before := f.total.letters
			if err := f.fold(t.Context(), nil, bytes.NewReader(b)); err != nil {
				t.Fatal(err)
			}
			if failed := f.total.letters > before; failed != needed(d.Event, field) {
				t.Errorf("%s where %s is %s: dead letter %t, want %t", d.Event, field, how, failed,
					!failed)
			}
		})
	}
	if len(seen) < 1000 {
		t.Errorf("only %d fields were tried", len(seen))
	}
}

// without calls f with each field in turn null, and absent; and with null in each list.
func without(object map[string]any, path string, f func(field, how string)) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		object[name] = nil
		f(path+name, "null")
		delete(object, name)
		f(path+name, "absent")
		object[name] = value
		switch value := value.(type) {
		case map[string]any:
			without(value, path+name+".", f)
		case []any:
			object[name] = append(slices.Clone(value), nil)
			f(path+name+"[]", "null")
			object[name] = value
			if len(value) > 0 {
				if first, ok := value[0].(map[string]any); ok {
					without(first, path+name+"[].", f)
				}
			}
		}
	}
}

func BenchmarkSample(b *testing.B) {
	data := sample(b)
	deliveries := bytes.Count(data, []byte("\n"))
	f, err := newFolder(io.Discard, newProgress(nil))
	if err != nil {
		b.Fatal(err)
	}
	defer f.app.Close()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f.fold(b.Context(), nil, bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(deliveries*b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
