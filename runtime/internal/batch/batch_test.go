package batch_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/internal/txn"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// counts is the only collection of the tests.
var counts = &typed.Collection[string, int]{
	Name: "counts", Shape: "string",
	AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string],
}

// tables are those of the tests, in the order in which they are opened.
var tables = []string{"state", "rows", "letters", "owed", "outbox", "positions"}

// fixture is a batch over tables of a store in memory.
type fixture struct {
	*batch.Batch
	t     *testing.T
	store *mapstore.Store
	names map[brook.Table]string
	table map[string]brook.Table
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		t: t, store: mapstore.New(), names: map[brook.Table]string{},
		table: map[string]brook.Table{},
	}
	for _, name := range tables {
		table, err := f.store.Table(t.Context(), brook.TableSpec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		f.names[table], f.table[name] = name, table
	}
	layout := schema.NewLayout([]schema.Collection{counts.Def().Info()})
	f.Batch = batch.New(txn.New([]*brook.Collection{counts.Def()}, layout, f.store.Latest()))
	f.On(&generation.Generation{
		Tables: []brook.Table{f.table["rows"]}, Letters: f.table["letters"], Owed: f.table["owed"],
	}, f.table["outbox"], nil, nil)
	return f
}

// create creates a row.
func (f *fixture) create(k string) {
	f.Tx.Begin(txn.Event{Ctx: f.t.Context()})
	typed.RowsOf(f.Tx, 0, counts).Apply(brook.Create(k, 1))
	if err := f.Tx.Release(); err != nil {
		f.t.Fatal(err)
	}
	f.Tx.Accept()
}

// want compares the tables that writes are to.
func (f *fixture) want(writes []brook.Write, names string) {
	f.t.Helper()
	var got []string
	for _, w := range writes {
		got = append(got, f.names[w.Table])
	}
	if text := strings.Join(got, " "); text != names {
		f.t.Errorf("writes to %q, want %q", text, names)
	}
}

func letterAt(offset int64, value int) deadletter.Letter {
	return deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: brook.Position{Topic: "in", Offset: offset}, ID: "1", Type: "put", Set: "S",
		Stage: brook.StageHandle, Key: []byte("k"),
		Record: brook.Record{Key: []byte("k"), Value: make([]byte, value)},
	}}
}

// One commit holds all that a batch gathered, each in its table, and nothing once it is forgotten.
func TestAssemble(t *testing.T) {
	f := newFixture(t)
	for range 2 {
		f.create("a")
		f.create("b")
		f.Letters = append(f.Letters, letterAt(1, 3))
		f.Items = append(f.Items, &outbox.Item{Key: []byte("i")})
		f.Owed = append(f.Owed, &outbox.Item{Key: []byte("o")})
		f.Writes = append(f.Writes, brook.Write{Table: f.table["state"]})
		f.Positions = append(f.Positions, brook.Write{Table: f.table["positions"]})
		f.Effects = append(f.Effects, outbox.Effect{})
		f.Events, f.Numbered = 2, true
		f.want(f.Assemble(), "rows rows letters outbox owed state positions")
		f.Forget()
		f.want(f.Assemble(), "")
		if f.Events != 0 || f.Numbered || len(f.Effects) > 0 {
			t.Errorf("after it was forgotten: %+v", f.Batch)
		}
	}
}

// Letters are made smaller step by step, in the writes too, and say when they block nothing more.
func TestShrinkLetters(t *testing.T) {
	f := newFixture(t)
	f.Letters = append(f.Letters, letterAt(1, 1000), letterAt(2, 0))
	writes := f.Assemble()
	before := len(writes[0].Value.([]byte))
	var unblocked []string
	unblock := func(l *deadletter.Letter, key []byte) {
		unblocked = append(unblocked, fmt.Sprintf("%d %s", l.Position.Offset, key))
	}
	steps := 0
	for f.ShrinkLetters(writes, unblock) {
		if steps++; steps == 1 && len(writes[0].Value.([]byte)) > before-900 {
			t.Errorf("of %d bytes %d are left", before, len(writes[0].Value.([]byte)))
		}
		if steps > 100 {
			t.Fatal("it does not end")
		}
	}
	slices.Sort(unblocked)
	if want := []string{"1 k", "2 k"}; !slices.Equal(unblocked, want) {
		t.Errorf("unblocked %q, want %q", unblocked, want)
	}
	for i := range f.Letters {
		w := f.Letters[i].Write(f.table["letters"])
		if !bytes.Equal(w.Value.([]byte), writes[i].Value.([]byte)) {
			t.Errorf("letter %d and its write differ", i)
		}
	}
}

// A letter that is written anew is not removed.
func TestUnlessRewritten(t *testing.T) {
	f := newFixture(t)
	f.Letters = append(f.Letters, letterAt(1, 0))
	for offset, want := range map[int64]string{1: "state", 2: "letters state"} {
		l := letterAt(offset, 0)
		remove := []brook.Write{
			{Table: f.table["letters"], Key: l.AppendKey(nil), Op: brook.Remove},
			{Table: f.table["state"]},
		}
		f.want(f.UnlessRewritten(remove), want)
	}
}

// The exclusive mark is that of the last commit that wrote one, under the key that stores have.
func TestMark(t *testing.T) {
	f := newFixture(t)
	state := f.table["state"]
	var here, there batch.ExclusiveMark // of two processes
	for _, m := range []*batch.ExclusiveMark{&here, &there} {
		if err := m.Read(t.Context(), f.store.Latest(), state); err != nil {
			t.Fatal(err)
		}
	}
	if c := here.Check(state); c.Value != nil || string(c.Key) != "alone" || c.Table != state {
		t.Errorf("check of no mark: %+v", c)
	}
	commit := &brook.Batch{ID: brook.BatchID{7}}
	done := here.Set(commit, state)
	if here.Check(state).Value != nil {
		t.Error("the mark counts before it is committed")
	}
	if err := f.store.Commit(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
	done()
	if err := there.Read(context.Background(), f.store.Latest(), state); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*batch.ExclusiveMark{&here, &there} {
		if !bytes.Equal(m.Check(state).Value, commit.ID[:]) {
			t.Errorf("the mark is %x", m.Check(state).Value)
		}
	}
}
