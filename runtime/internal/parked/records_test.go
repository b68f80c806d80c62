package parked

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
)

// rows is a reader of one table.
type rows struct {
	brook.Reader
	of  map[string][]byte
	err error // of reads
}

func (r *rows) Get(_ context.Context, _ brook.Table, key []byte) (brook.Value, error) {
	b, ok := r.of[string(key)]
	switch {
	case r.err != nil:
		return brook.Value{}, r.err
	case !ok:
		return brook.Value{}, brook.ErrNotFound
	}
	return brook.Value{Data: b, Shared: true}, nil
}

// commit does what a commit of the journal does, and returns how many writes it has.
func (r *rows) commit(t *testing.T, j *Journal) int {
	t.Helper()
	err := j.Complete(func(e *Event) (*Event, error) { return e.Whole(t.Context(), r, nil) })
	if err != nil {
		t.Fatal(err)
	}
	writes := j.Writes(nil, Tables{Events: "events", Letters: "letters"},
		func([]byte) bool { return false })
	for _, w := range writes {
		switch {
		case w.Table != brook.Table("events"):
		case w.Op == brook.Remove:
			delete(r.of, string(w.Key))
		default:
			r.of[string(w.Key)] = w.Value.([]byte)
		}
	}
	j.Forget()
	return len(writes)
}

// Memory goes without the records of what is stored; whatever changes of an event, its record stays
// in the store.
func TestRecordsAreInTheStore(t *testing.T) {
	r, j := &rows{of: map[string][]byte{}}, journal()
	x := j.Events()
	e := event(1, "k", "a")
	j.Park(e)
	j.Park(event(2, "k"))
	if got := string(x.All()[0].Record.Value); got != "v" {
		t.Errorf("before the commit memory has the record %q", got)
	}
	j.Undo()
	j.Redo()
	r.commit(t, j)
	for _, e := range x.All() {
		if e.Record.Value != nil || !e.Record.Time.IsZero() {
			t.Errorf("memory has the record of %s", e.Position)
		}
		whole, err := e.Whole(t.Context(), r, nil)
		if err != nil || string(whole.Record.Value) != "v" || !whole.Record.Time.Equal(now) {
			t.Errorf("%s has the record %+v, %v", e.Position, whole, err)
		}
		if again, err := whole.Whole(t.Context(), nil, nil); again != whole || err != nil {
			t.Errorf("what is whole is read: %v", err)
		}
	}
	if !e.Is(x.All()[0]) || e.Is(x.All()[1]) || e.Is(nil) {
		t.Error("it is not the same event, or another one is")
	}

	j.Appeared(0, row("a"), Due{By: in.At(9)})
	j.Report(x.Get(e.Key()))
	if n := r.commit(t, j); n != 2 {
		t.Errorf("%d writes, want the event and its letter", n)
	}
	want(t, x, "1 1!, 2 0")
	stored, err := Decode(brook.Row{Key: e.Key(), Value: brook.Value{Data: r.of[string(e.Key())]}})
	if err != nil || string(stored.Record.Value) != "v" || stored.Due == nil || !stored.Reported {
		t.Errorf("stored is %+v, %v", stored, err)
	}

	// What is undone leaves nothing to be read again.
	j.Removed(x.Get(e.Key()), Due{})
	j.Undo()
	j.Forget()
	want(t, x, "1 1!, 2 0")
	j.Removed(x.Get(e.Key()), Due{By: in.At(9)})
	r.commit(t, j)
	want(t, x, "2 0!")
	if len(r.of) != 1 {
		t.Errorf("%d rows are left", len(r.of))
	}
}

// Without its row an event can't be whole: another process took it. What the store fails with is
// returned.
func TestRecordIsGone(t *testing.T) {
	r, j := &rows{of: map[string][]byte{}}, journal()
	j.Park(event(1, "k", "a"))
	r.commit(t, j)
	j.Appeared(0, row("a"), Due{})
	read := func(e *Event) (*Event, error) { return e.Whole(t.Context(), r, nil) }
	r.err = errors.New("down")
	if err := j.Complete(read); err != r.err {
		t.Errorf("the store is down: %v", err)
	}
	r.err = nil
	clear(r.of)
	if err := j.Complete(read); !errors.Is(err, brook.ErrConflict) {
		t.Errorf("the row is gone: %v", err)
	}
	r.of[string(j.Events().All()[0].Key())] = []byte("{")
	if err := j.Complete(read); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("the row is damaged: %v", err)
	}
}
