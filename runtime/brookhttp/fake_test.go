package brookhttp_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// fake is an app that has what a test puts into it, and notes what is asked of it.
type fake struct {
	mu          sync.Mutex
	status      brook.Status
	structure   inspect.Structure
	counts      map[string]int
	taken       inspect.Counts
	rows        inspect.Rows
	story       inspect.Story
	letters     inspect.Letters
	letter      inspect.LetterDetail
	run         inspect.DryRun
	jobs        inspect.Jobs
	timers      inspect.Timers
	parked      inspect.ParkedEvents
	generations []inspect.Generation
	diff        brook.Diff
	err         error // of all calls, if it is set
	applied     int

	calls   []string             // that would change something
	query   inspect.RowQuery     // of the last Rows
	filter  inspect.LetterFilter // of the last call that has one
	paging  inspect.Page         // of the last call that has one
	rebuilt func(o brook.RebuildOptions) error
}

// did notes a call that changes something.
func (f *fake) did(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

// changes returns the calls that would have changed something.
func (f *fake) changes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fake) asked(filter inspect.LetterFilter, page inspect.Page) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.filter, f.paging = filter, page
}

func (f *fake) lastFilter() inspect.LetterFilter {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.filter
}

func (f *fake) Status() brook.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fake) set(state brook.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.State = state
}

func (f *fake) Pause(context.Context) error {
	f.did("pause")
	f.set(brook.StatePaused)
	return f.err
}

func (f *fake) Resume() {
	f.did("resume")
	f.set(brook.StateLive)
}

func (f *fake) Inspect() inspect.Inspector { return f }

func (f *fake) Counts() inspect.Counts { return f.taken }

func (f *fake) Structure() inspect.Structure { return f.structure }

func (f *fake) Count(_ context.Context, collection string) (int, error) {
	return f.counts[collection], f.err
}

func (f *fake) Row(context.Context, string, string) (inspect.Row, error) {
	return f.story.Row, f.err
}

func (f *fake) Rows(_ context.Context, _ string, q inspect.RowQuery) (inspect.Rows, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query = q
	return f.rows, f.err
}

func (f *fake) Story(context.Context, string, string, int) (inspect.Story, error) {
	return f.story, f.err
}

func (f *fake) Letters(_ context.Context, filter inspect.LetterFilter, p inspect.Page,
) (inspect.Letters, error) {
	f.asked(filter, p)
	return f.letters, f.err
}

func (f *fake) Letter(context.Context, string) (inspect.LetterDetail, error) {
	return f.letter, f.err
}

func (f *fake) DryRun(_ context.Context, filter inspect.LetterFilter) (inspect.DryRun, error) {
	f.asked(filter, inspect.Page{})
	return f.run, f.err
}

func (f *fake) Redrive(_ context.Context, filter inspect.LetterFilter) (int, error) {
	f.asked(filter, inspect.Page{})
	f.did("redrive")
	return f.applied, f.err
}

func (f *fake) Drop(_ context.Context, filter inspect.LetterFilter) (int, error) {
	f.asked(filter, inspect.Page{})
	f.did("drop")
	return f.applied, f.err
}

func (f *fake) Jobs(_ context.Context, p inspect.Page) (inspect.Jobs, error) {
	f.asked(inspect.LetterFilter{}, p)
	return f.jobs, f.err
}

func (f *fake) Timers(_ context.Context, p inspect.Page) (inspect.Timers, error) {
	f.asked(inspect.LetterFilter{}, p)
	return f.timers, f.err
}

func (f *fake) Parked(_ context.Context, p inspect.Page) (inspect.ParkedEvents, error) {
	f.asked(inspect.LetterFilter{}, p)
	return f.parked, f.err
}

func (f *fake) Generations(context.Context) ([]inspect.Generation, error) {
	return f.generations, f.err
}

func (f *fake) Preview(context.Context) (brook.Diff, error) {
	f.did("preview")
	return f.diff, f.err
}

func (f *fake) Rebuild(_ context.Context, options ...brook.RebuildOption) error {
	f.did("rebuild")
	var o brook.RebuildOptions
	for _, option := range options {
		option.Rebuild(&o)
	}
	if f.rebuilt != nil {
		return f.rebuilt(o)
	}
	return f.err
}

// filled is a fake in which all texts are text, and everything is there.
func filled(text string) *fake {
	f := &fake{counts: map[string]int{text: 1234}, applied: 2}
	f.structure.Name = text
	for _, at := range []any{
		&f.status, &f.structure, &f.taken, &f.rows, &f.story, &f.letters, &f.letter, &f.run, &f.jobs,
		&f.timers, &f.parked, &f.generations, &f.diff,
	} {
		fill(reflect.ValueOf(at).Elem(), text, 0)
	}
	f.status.State = brook.StateLive
	f.structure.Collections[0].Indexes[1].PII = false
	return f
}

// fill fills a value: texts with text, JSON with text in it, slices and maps with two elements.
func fill(v reflect.Value, text string, depth int) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Now().Add(-time.Minute)
		return
	case *json.RawMessage:
		quoted, _ := json.Marshal(text)
		*at = json.RawMessage(`{"field":` + string(quoted) + `,` + string(quoted) + `:[1,null]}`)
		return
	case *[]byte:
		*at = []byte(text)
		return
	}
	if depth > 6 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(3)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), text, depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text, depth+1)
		fill(value, text, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), text, depth+1)
			}
		}
	}
}
