package badgerstore_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/rolls"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

var record = flag.Bool("record", false, "record a store of the present shapes in testdata/earlier")

// earlierRecords are what the recorded stores have folded, in the words of the second shape. Stores
// of the first two remember no more of them than how many they are.
func earlierRecords(t *testing.T) []brook.Record {
	t.Helper()
	return []brook.Record{
		rollsRecord(t, "soldier.enlisted",
			`{"id":"1","name":"Ann","age":19,"home":{"street":"Main Street","zip":"17"}}`),
		rollsRecord(t, "soldier.promoted", `{"id":"1","rank":5}`),
		{Topic: "rolls", Key: []byte("1")},
		rollsRecord(t, "soldier.enlisted",
			`{"id":"2","name":"Bob","age":-3,"home":{"street":"","zip":""}}`),
	}
}

// rollsLog is a log in which the given records follow those that the recorded stores have folded.
func rollsLog(t *testing.T, records ...brook.Record) still {
	t.Helper()
	d := memdriver.New()
	if _, err := apptest.Dated(d).Publish(t.Context(),
		append(earlierRecords(t), records...)); err != nil {
		t.Fatal(err)
	}
	return stillOf(d, io.Discard)
}

func rollsRecord(t *testing.T, typ, data string) brook.Record {
	t.Helper()
	r := brook.Record{Topic: "rolls", Key: []byte("1")}
	m := brook.Message{ID: data, Type: typ, Author: "rolls", Data: []byte(data)}
	if err := (brook.CloudEvents{}).Wrap(&m, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func rollsOver(t *testing.T, d brook.Driver, dir string) (*rolls.App, *badgerstore.Store) {
	t.Helper()
	s := open(t, dir, badgerstore.NoSync())
	c := config(d, s)
	c.Author, c.OnStale = "rolls", brook.GoOn
	app, err := rolls.NewApp(c, rolls.Clerk{})
	if err != nil {
		t.Fatal(err)
	}
	return app, s
}

// TestRecordStore writes a store of the present shapes.
func TestRecordStore(t *testing.T) {
	if !*record {
		t.Skip("it writes a file of testdata: only with -record")
	}
	files, err := filepath.Glob("testdata/earlier/*.zip")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d := memdriver.New()
	if _, err := apptest.Dated(d).Publish(t.Context(), earlierRecords(t)); err != nil {
		t.Fatal(err)
	}
	app, s := rollsOver(t, stillOf(d, io.Discard), dir)
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	pack(t, dir, fmt.Sprintf("testdata/earlier/%d.zip", len(files)+1))
}

// Stores that earlier shapes of values and of events wrote are read, indexed again and written
// on, again and again.
func TestStoresOfEarlierShapes(t *testing.T) {
	files, err := filepath.Glob("testdata/earlier/*.zip")
	if err != nil || len(files) < 2 {
		t.Fatalf("recorded stores: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir := unpack(t, file)
			d := rollsLog(t, rollsRecord(t, rolls.PromotedType, `{"id":"1","rank":7}`))
			app, s := rollsOver(t, d, dir)
			wantSoldiers(t, app, "before")
			if err := app.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if rank := wantSoldiers(t, app, "promoted").Rank; rank == nil || *rank != 7 {
				t.Errorf("rank %v", rank)
			}
			wantRolls(t, app, file)
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			app, _ = rollsOver(t, d, dir)
			wantSoldiers(t, app, "opened again")
			wantRolls(t, app, file)
			if err := app.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A preview compares rows of an earlier shape as they are read, and shows them as they were
// written.
func TestPreviewOfEarlierShapes(t *testing.T) {
	app, _ := rollsOver(t, rollsLog(t), unpack(t, "testdata/earlier/1.zip"))
	defer app.Close()
	diff, err := app.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `soldiers: 0 added, 0 removed, 1 changed, 1 equal; changed fullName in 1, rank in 1
  "1": {"id":"1","name":"Major Ann","age":19,"gone":["old"],` +
		`"homes":[{"street":"Main Street","zip":"17"}],"wounds":1} → ` +
		`{"homes":[{"postcode":"17","street":"Main Street","country":""}],` +
		`"id":"1","fullName":"Ann","age":19,"rank":5}`
	if diff.String() != want {
		t.Errorf("%v", diff)
	}
}

// A row whose fields have other names is no reason to make the views anew.
func TestRenamedFieldsAreNotStale(t *testing.T) {
	s := open(t, unpack(t, "testdata/earlier/2.zip"), badgerstore.NoSync())
	c := config(rollsLog(t), s)
	c.Author, c.OnStale = "rolls", brook.Fail
	app, err := rolls.NewApp(c, rolls.Clerk{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantSoldiers(t, app, "renamed")
}

// wantSoldiers wants the rows that every shape has, and returns the first.
func wantSoldiers(t *testing.T, app *rolls.App, when string) rolls.Soldier {
	t.Helper()
	all, err := brook.Map(app.Views.Soldiers.All())
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	want := map[string]string{"1": "Ann 19 [{17 Main Street }]", "2": "Bob -3 [{  }]"}
	for id, s := range all {
		if got := fmt.Sprint(s.FullName, " ", s.Age, " ", s.Homes); s.ID != id ||
			!strings.HasSuffix(got, want[id]) {
			t.Errorf("%s: soldier %q is %q, want %q", when, id, got, want[id])
		}
		n := 0
		for found, err := range app.Views.Soldiers.ByFullName(s.FullName) {
			if n++; when == "before" && errors.Is(err, brook.ErrNotReady) {
				continue // an index that is new in the code
			}
			if err != nil || found.ID != id {
				t.Errorf("%s: by name %q: %+v, %v", when, s.FullName, found, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d soldiers are called %q", when, n, s.FullName)
		}
	}
	if len(all) != len(want) {
		t.Errorf("%s: %d soldiers", when, len(all))
	}
	return all["1"]
}

// wantRolls wants the history of the first soldier: what still decodes typed, all else as it was
// kept, and the new event last.
func wantRolls(t *testing.T, app *rolls.App, file string) {
	t.Helper()
	events, err := app.Views.Soldiers.Events("1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		if old, ok := e.Data.(rolls.OldEvent); ok {
			got = append(got, fmt.Sprintf("old %s %s", old.Type, old.Data))
		} else {
			got = append(got, fmt.Sprintf("%v", e.Data))
		}
	}
	want := []string{"{{17 Main Street } 1 Ann 19 unknown}"}
	if filepath.Base(file) == "1.zip" {
		want = append(want, `old soldier.promoted {"id":"1","rank":"Major"}`,
			`old soldier.wounded {"id":"1"}`)
	} else {
		want = append(want, "{1 5}")
	}
	if want = append(want, "{1 7}"); !slices.Equal(got, want) {
		t.Errorf("history\n got %q\nwant %q", got, want)
	}
	enlisted, err := app.Views.Soldiers.EventsOfEnlisted("1")
	if err != nil || len(enlisted) != 1 || enlisted[0].Data.FullName != "Ann" {
		t.Errorf("EventsOfEnlisted: %+v, %v", enlisted, err)
	}
	promoted, err := app.Views.Soldiers.EventsOfPromoted("1")
	if first := filepath.Base(file) == "1.zip"; first != (err != nil) || len(promoted) == 0 ||
		promoted[len(promoted)-1].Data.Rank != 7 {
		t.Errorf("EventsOfPromoted: %+v, %v", promoted, err)
	}
}
