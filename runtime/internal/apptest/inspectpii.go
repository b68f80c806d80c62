package apptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
	"github.com/brookgen/brookgen/runtime/internal/patients"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// InspectPII looks at all that there is of an app whose events, rows, timers and jobs hold what is
// nobody's business: none of it is shown.
func InspectPII(t *testing.T, store brook.Store) {
	driver := memdriver.New(memdriver.Partitions(1))
	refuse := func(brook.Job[patients.Send]) error { return errors.New("the post is closed") }
	failing := true
	clinic := &patients.Clinic{Fails: func() bool { return failing }, Send: refuse}
	app, err := patients.NewApp(brook.Config{
		Author: "clinic", Driver: driver, Store: store, Log: slog.New(slog.DiscardHandler),
		Retry: brook.Retry{Attempts: 1},
		Jobs:  brook.Jobs{Attempts: 1, Min: time.Microsecond, Max: time.Microsecond, Workers: 1},
	}, clinic)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, seen := t.Context(), app.Inspect()
	var events []brook.Outgoing
	for n := range 3 {
		id := fmt.Sprint("p", n)
		events = append(events,
			brook.Emit(patients.Admitted{ID: id, Name: "SECRET <" + id, Ward: "w"}),
			brook.Emit(patients.Noted{ID: id, Note: patients.Note{Text: "SECRET", Kind: "k"}}),
			brook.Emit(patients.Noted{ID: id, Note: patients.Note{Text: "SECRET"}, Fails: true}),
			brook.Emit(patients.Noted{ID: id, Note: patients.Note{Text: "SECRET"}}),
			brook.Emit(patients.Asked{ID: "later" + id, Address: "SECRET"}))
	}
	if _, err := app.PublishAll(ctx, slices.Values(events)); err != nil {
		t.Fatal(err)
	}
	damaged(t, driver)
	later(t, driver)
	if err := app.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	shows := func(what string, v any, err error, holds string) {
		t.Helper()
		text, jerr := json.Marshal(v)
		if err != nil || jerr != nil {
			t.Errorf("%s: %v, %v", what, err, jerr)
		}
		if strings.Contains(string(text), "SECRET") || !strings.Contains(string(text), holds) {
			t.Errorf("%s shows %s", what, text)
		}
	}
	s := seen.Structure()
	if !s.Collections[0].PII || !s.Collections[0].Indexes[0].PII || s.Collections[0].Indexes[1].PII ||
		!s.Events[0].PII || !s.Workers[0].PII {
		t.Errorf("the structure is %+v", s)
	}
	rows, err := seen.Rows(ctx, "patients", inspect.RowQuery{})
	shows("Rows", rows, err, `"name":"***","ward":"w"`)
	if _, err := seen.Rows(ctx, "patients", inspect.RowQuery{Index: "Name"}); !errors.Is(err,
		inspect.ErrMistaken) {
		t.Errorf("the values of an index of pii are listed: %v", err)
	}
	name := "SECRET <p1"
	rows, err = seen.Rows(ctx, "patients", inspect.RowQuery{
		Index: "Name", Value: &name, Page: inspect.Page{Limit: 1},
	})
	shows("Rows by name", rows, err, `"key":"p1"`)
	row, err := seen.Row(ctx, "patients", "p1")
	shows("Row", row, err, `"text":"***","kind":"k"`)
	story, err := seen.Story(ctx, "patients", "p1", 0)
	shows("Story", story, err, `"path":"notes"`)
	if got(t, story, err); !story.Exact {
		t.Error("the story is not exact")
	}
	story, err = seen.Story(ctx, "patients", "p9", 0)
	shows("Story of what a later version wrote", story, err, `"note":{"kind":"k","tel":"***"}`)
	jobs, err := seen.Jobs(ctx, inspect.Page{})
	shows("Jobs", jobs, err, `"jobs":[]`)
	timers, err := seen.Timers(ctx, inspect.Page{})
	shows("Timers", timers, err, `"text":"***"`)
	early, err := seen.Parked(ctx, inspect.Page{})
	shows("Parked", early, err, `"key":"laterp1"`)
	letters, err := seen.Letters(ctx, inspect.LetterFilter{}, inspect.Page{})
	shows("Letters", letters, err, `"stage":"decode"`)
	stages := map[string]bool{}
	for _, l := range append(got(t, letters, err).Letters, early.Events[0].Letter) {
		stages[l.Stage] = true
		detail, err := seen.Letter(ctx, l.ID)
		shows("Letter of "+l.Stage, detail, err, `***`)
		if size := detail.Record.Value.Size; size != l.Size || size == len(`"***"`) {
			t.Errorf("the record of %s has %d bytes, and its masked value %d", l.EventID, l.Size, size)
		}
	}
	if len(stages) != 4 {
		t.Errorf("there are letters of the stages %v", stages)
	}
	run, err := seen.DryRun(ctx, inspect.LetterFilter{})
	shows("DryRun that fails", run, err, `can't be read`)
	failing = false
	run, err = seen.DryRun(ctx, inspect.LetterFilter{})
	shows("DryRun", run, err, `"jobs":[{"set":"Clinic","type":"report.send"`)
}

// damaged appends records that nobody can decode.
func damaged(t *testing.T, d brook.Driver) {
	t.Helper()
	for _, value := range []string{`{"id":"p0","name":SECRET}`, `"SECRET"`, `{"name":["SECRET"]}`} {
		appendTo(t, d, "p0", patients.AdmittedType, value)
	}
}

// later appends records with members that events do not have here.
func later(t *testing.T, d brook.Driver) {
	t.Helper()
	appendTo(t, d, "p9", patients.AdmittedType, `{"id":"p9","ward":"w","phone":"SECRET"}`)
	appendTo(t, d, "p9", patients.NotedType, `{"id":"p9","note":{"kind":"k","tel":"SECRET"}}`)
	appendTo(t, d, "p9", patients.NotedType, `{"id":"p9","fails":true,"doctor":["SECRET"]}`)
}

// appendTo appends a record of a patient to the log.
func appendTo(t *testing.T, d brook.Driver, key, typ, value string) {
	t.Helper()
	r := brook.Record{Topic: "clinic", Key: []byte(key), Value: []byte(value), Headers: Headers(
		"ce_specversion", "1.0", "ce_id", fmt.Sprint(key, len(value)), "ce_source", "clinic",
		"ce_type", typ, "content-type", "application/json")}
	if _, err := d.Publish(t.Context(), []brook.Record{r}); err != nil {
		t.Fatal(err)
	}
}
