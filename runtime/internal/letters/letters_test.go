package letters_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/ids"
	"github.com/brookgen/brookgen/runtime/internal/letters"
	"github.com/brookgen/brookgen/runtime/internal/lifetime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/quiesce"
	"github.com/brookgen/brookgen/runtime/internal/report"
	"github.com/brookgen/brookgen/runtime/internal/retry"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

var errDown = errors.New("down")

// log is a driver with partition 0 of topic in. The offsets of its records have gaps.
type log struct {
	brook.Driver
	id      string
	end     int64
	records []brook.Record
	fail    error // of the next Read, once
	open    int   // readers that are not closed
}

func (l *log) Partitions(context.Context, ...string) ([]brook.Partition, error) {
	return []brook.Partition{{Topic: "in", Log: l.id, End: l.end}}, nil
}

func (l *log) Open(_ context.Context, from brook.Position) (brook.PartitionReader, error) {
	l.open++
	return &reader{log: l, next: from.Offset}, nil
}

// reader reads one record after the other.
type reader struct {
	log  *log
	next int64
}

func (r *reader) Close() error {
	r.log.open--
	return nil
}

func (r *reader) Read(context.Context, int) (c brook.Chunk, err error) {
	if err := r.log.fail; err != nil {
		r.log.fail = nil
		return c, err
	}
	for _, record := range r.log.records {
		if record.Offset >= r.next {
			r.next = record.Offset + 1
			return brook.Chunk{Records: []brook.Record{record}, Next: r.next}, nil
		}
	}
	return brook.Chunk{Next: r.log.end}, nil
}

// rig is a reader of letters over stores in memory.
type rig struct {
	*letters.Reader
	t     *testing.T
	store *mapstore.Store
	log   *log
}

// newRig returns a rig of an app whose sets A and B handle events of type put.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, store: mapstore.New(), log: &log{id: "log", end: 10}}
	config := &brook.Config{
		Name: "app", Store: r.store, Driver: r.log, ShutdownTimeout: time.Second,
		OnFailure: brook.Wait, Retry: brook.Retry{Min: time.Nanosecond, Max: time.Nanosecond},
	}
	loop := &retry.Loop{
		Policy: config.Retry,
		Report: report.New("app", slog.New(slog.DiscardHandler), brook.Hooks{}),
	}
	sets := []string{"B", "A"}
	handlers := []plan.Handler{{Set: 0, Name: "Put", Event: "put"}, {Set: 1, Name: "Put", Event: "put"}}
	events := []*brook.EventDef{{Type: "put"}}
	c := catalog.New(catalog.Parts{
		Life:   lifetime.New(t.Context(), config.ShutdownTimeout),
		Config: config, Code: plan.New("in", sets, handlers, nil, nil, events),
		Reader: r.store.Latest(), IDs: ids.New(), Lock: &quiesce.Lock{}, Retry: loop,
		Owner: catalog.Owner{
			Taken: func(context.Context) error { return nil }, Renewed: func(bool) {},
			Shown: func(bool) {}, Installed: func(*generation.Generation) {},
			Positions: func() map[partition.ID]int64 { return nil },
			Reload: func(context.Context, *generation.Generation) (func(), error) {
				return func() {}, nil
			},
		},
	})
	if err := errors.Join(c.Open(t.Context()), c.Claim.Take(t.Context())); err != nil {
		t.Fatal(err)
	}
	r.Reader = &letters.Reader{
		Config: config, Sets: sets, Catalog: c, Reader: r.store.Latest(), Retry: loop,
	}
	id := partition.ID{Topic: "in"}
	r.commit(brook.Write{
		Table: c.Live().Positions, Key: id.AppendKey(nil),
		Value: partition.Stored{Log: "log", Next: 9}.Encode(),
	})
	return r
}

func (r *rig) commit(writes ...brook.Write) {
	r.t.Helper()
	batch := &brook.Batch{ID: ids.New().Batch(), Writes: writes}
	if err := r.store.Commit(r.t.Context(), batch); err != nil {
		r.t.Fatal(err)
	}
}

// letter is one of an event at an offset that failed for a set.
func letter(offset int64, set, key string) *deadletter.Letter {
	l := &deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: brook.Position{Topic: "in", Offset: offset}, Type: "put", Set: set,
		Stage: brook.StageHandle,
	}}
	if key != "" {
		l.Key = []byte(key)
	}
	return l
}

// What letters block is read from the store, unless events go on behind a failure.
func TestBlocked(t *testing.T) {
	r := newRig(t)
	table := r.Catalog.Live().Letters
	r.commit(letter(3, "A", "k").Write(table), letter(4, "A", "").Write(table))
	for _, policy := range []brook.FailurePolicy{brook.Wait, brook.GoOn} {
		r.Config.OnFailure = policy
		all, err := r.Blocked(t.Context(), r.Catalog.Live())
		if err != nil {
			t.Fatal(err)
		}
		b := all[partition.ID{Topic: "in"}]
		if len(all) != 1 || b == nil {
			t.Fatalf("%s: partitions %v", policy, all)
		}
		if got, want := b.Empty(), policy == brook.GoOn; got != want {
			t.Errorf("%s: no key is blocked: %t, want %t", policy, got, want)
		}
	}
}

// What is set aside are letters and what was dropped of them, but not emissions that failed.
func TestSetAside(t *testing.T) {
	r := newRig(t)
	g := r.Catalog.Live()
	emission := letter(5, "A", "k")
	emission.Stage = brook.StageEmit
	writes := letter(6, "B", "k").WriteDropped(g.Dropped)
	writes = append(writes, letter(3, "A", "k").Write(g.Letters), emission.Write(g.Letters))
	r.commit(writes...)
	var seen []int64
	all, err := r.SetAside(t.Context(), g, func(l *deadletter.Letter) error {
		seen = append(seen, l.Position.Offset)
		return nil
	})
	if err != nil || fmt.Sprint(seen) != "[3 5]" {
		t.Fatalf("it was called with the letters of %v; %v", seen, err)
	}
	at := func(offset int64) brook.Position { return brook.Position{Topic: "in", Offset: offset} }
	if !all.Has(at(3), "A") || all.Has(at(3), "B") || all.Has(at(5), "A") || all.Has(at(6), "B") {
		t.Errorf("set aside are %v", all)
	}
	if dropped := all.Dropped(at(6)); len(dropped) != 1 || dropped[0] != "B" {
		t.Errorf("dropped for %v", dropped)
	}
	stop := func(*deadletter.Letter) error { return errDown }
	if _, err := r.SetAside(t.Context(), g, stop); !errors.Is(err, errDown) {
		t.Errorf("the caller's error: %v", err)
	}
}

// A letter that is no letter is an error that does not go away.
func TestDamagedLetter(t *testing.T) {
	r := newRig(t)
	g := r.Catalog.Live()
	w := letter(3, "A", "k").Write(g.Letters)
	w.Value = []byte("{")
	r.commit(w)
	if _, err := r.Blocked(t.Context(), g); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("Blocked: %v", err)
	}
	if _, err := r.SetAside(t.Context(), g, nil); !errors.Is(err, brook.ErrPermanent) {
		t.Errorf("SetAside: %v", err)
	}
}

// Letters are redriven in the order of the log, and of one event in that of the sets.
func TestSort(t *testing.T) {
	r := newRig(t)
	all := []deadletter.Letter{*letter(4, "A", ""), *letter(3, "A", ""), *letter(3, "B", "")}
	r.Sort(all)
	var got []string
	for _, l := range all {
		got = append(got, fmt.Sprint(l.Position.Offset, l.Set))
	}
	if s := strings.Join(got, " "); s != "3B 3A 4A" {
		t.Errorf("the order is %s", s)
	}
}

// A letter that holds a part of its record gets the whole one from the log, if it is still there.
func TestRefetch(t *testing.T) {
	record := brook.Record{Topic: "in", Offset: 7, Value: []byte("whole")}
	for name, test := range map[string]struct {
		change func(*log)
		want   error // nil: it succeeds
	}{
		"the log has it":        {func(*log) {}, nil},
		"the driver fails once": {func(l *log) { l.fail = errDown }, nil},
		"a permanent error": {func(l *log) {
			l.fail = fmt.Errorf("%w: %w", errDown, brook.ErrPermanent)
		}, brook.ErrPermanent},
		"compacted away":       {func(l *log) { l.records = nil }, letters.ErrGone},
		"another record":       {func(l *log) { l.records[0].Value = []byte("other") }, letters.ErrGone},
		"another log":          {func(l *log) { l.id = "new" }, brook.ErrLogChanged},
		"cut back":             {func(l *log) { l.end = 7 }, brook.ErrLogChanged},
		"deleted by retention": {func(l *log) { l.fail = brook.ErrOutOfRange }, letters.ErrGone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			l := letter(7, "A", "k")
			l.Record = record
			if !l.Shrink() || l.Omitted == 0 {
				t.Fatal("the letter holds its record whole")
			}
			r.log.records = []brook.Record{record}
			test.change(r.log)
			got, err := r.Refetch(t.Context(), *l)
			switch {
			case test.want == nil && (err != nil || string(got.Record.Value) != "whole"):
				t.Errorf("the value is %q; %v", got.Record.Value, err)
			case test.want != nil && !errors.Is(err, test.want):
				t.Errorf("the error is %v, want %v", err, test.want)
			case errors.Is(test.want, brook.ErrLogChanged) && !errors.Is(err, letters.ErrGone):
				t.Errorf("the error is %v, want one that says it is gone", err)
			}
			if r.log.open != 0 {
				t.Errorf("%d readers are open", r.log.open)
			}
		})
	}
}

// A letter with its whole record needs no log.
func TestRefetchNothing(t *testing.T) {
	r := newRig(t)
	r.Config.Driver = nil
	l := letter(7, "A", "k")
	l.Record.Value = []byte("whole")
	if got, err := r.Refetch(t.Context(), *l); err != nil || string(got.Record.Value) != "whole" {
		t.Errorf("%+v, %v", got, err)
	}
}

// An event is told to have failed if it is a letter of a set, not if what it emitted is one, nor if
// its neighbours are.
func TestFailed(t *testing.T) {
	r := newRig(t)
	emission := letter(5, "A", "k")
	emission.Stage = brook.StageEmit
	for _, l := range []*deadletter.Letter{letter(3, "A", "k"), emission} {
		r.commit(l.Write(r.Catalog.Live().Letters))
	}
	for offset, failed := range map[int64]bool{2: false, 3: true, 4: false, 5: false} {
		err := r.Failed(t.Context(), brook.Position{Topic: "in", Offset: offset})
		if errors.Is(err, brook.ErrDeadLetter) != failed || !failed && err != nil {
			t.Errorf("the event at %d: %v", offset, err)
		}
	}
}
