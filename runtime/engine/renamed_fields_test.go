package engine_test

import (
	"reflect"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/rolls"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// foldEnlisted folds one record of soldier.enlisted and returns what the row and its history have.
func foldEnlisted(t *testing.T, e brook.Envelope, r brook.Record) (rolls.Soldier, rolls.Enlisted) {
	t.Helper()
	d := memdriver.New()
	if _, err := d.Publish(t.Context(), []brook.Record{r}); err != nil {
		t.Fatal(err)
	}
	c := config(d, newStore())
	c.Topic, c.Envelope = r.Topic, e
	app, err := rolls.NewApp(c, rolls.Clerk{})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	row, err := app.Views.Soldiers.Get("1")
	if err != nil {
		t.Fatal(err)
	}
	events, err := app.Views.Soldiers.EventsOfEnlisted("1")
	if err != nil || len(events) != 1 {
		t.Fatalf("history %+v, %v", events, err)
	}
	return row, events[0].Data
}

// Events that have the old names of fields, and lack those with a default, are folded and kept in
// histories as events of today, in whatever form they come.
func TestOldNamesAndDefaultsInEveryForm(t *testing.T) {
	const data = `{"id":"1","name":"Ann","age":19,"home":{"street":"Main Street","zip":"17"}}`
	for _, f := range apptest.Forms {
		t.Run(f.Name, func(t *testing.T) {
			r := f.Record(rolls.EnlistedType, "2024-01-02T03:04:05Z")
			r.Key = []byte("1")
			switch value := string(r.Value); {
			case value == "1":
				r.Value = []byte(data)
			default:
				r.Value = []byte(strings.Replace(value, `"data":1`, `"data":`+data, 1))
			}
			row, event := foldEnlisted(t, f.Envelope(r.Topic, rolls.EnlistedType), r)
			home := rolls.Home{Postcode: "17", Street: "Main Street"}
			if want := (rolls.Soldier{ID: "1", FullName: "Ann", Age: 19,
				Homes: []rolls.Home{home}}); !reflect.DeepEqual(row, want) {
				t.Errorf("row %+v, want %+v", row, want)
			}
			if want := (rolls.Enlisted{ID: "1", FullName: "Ann", Age: 19, Home: home,
				Email: "unknown"}); event != want {
				t.Errorf("event %+v, want %+v", event, want)
			}
		})
	}
}

// An event without data has no members, so it has all defaults, and the key of its record.
func TestDefaultsWithoutData(t *testing.T) {
	for name, value := range map[string]string{"none": "", "null": "null", "key alone": `{"id":"1"}`} {
		t.Run(name, func(t *testing.T) {
			r := apptest.Forms[0].Record(rolls.EnlistedType, "2024-01-02T03:04:05Z")
			r.Key, r.Value = []byte("1"), []byte(value)
			_, event := foldEnlisted(t, brook.CloudEvents{}, r)
			if want := (rolls.Enlisted{ID: "1", Email: "unknown"}); event != want {
				t.Errorf("event %+v, want %+v", event, want)
			}
		})
	}
}
