package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Jobs and dead letters of jobs keep the version that they were asked for with: the worker gets
// today's type of them. One of a version that the code does not know is a dead letter that says so,
// and can be redriven by code that does.
func TestVersionsOfJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := memdriver.New(), newStore()
		var mu sync.Mutex
		got, fails := map[string]string{}, true
		desk := errands.Desk{Collected: func(j brook.Job[errands.Collect]) error {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case fails && j.Data.Order == "dead":
				return brook.ErrPermanent
			case fails:
				return errors.New("away")
			}
			got[j.Data.Order] = fmt.Sprintf("%s %d", j.Data.From, j.Attempt)
			return nil
		}}
		x := openDesk(t, config(d, s), &mailbox{}, desk)
		for _, order := range []string{"old", "new", "newest", "dead"} {
			x.place(order, "u", 0)
		}
		synctest.Wait()
		if err := x.stop(); err != nil {
			t.Fatal(err)
		}
		editJobs(t, s, func(order string, row map[string]any) {
			switch order {
			case "old": // as it was before there were versions
				delete(row, "Version")
				row["Data"] = []byte(`{"order":"old"}`)
			case "newest":
				row["Version"] = 3
			}
		})
		fails = false
		x = openDesk(t, config(d, s), &mailbox{}, desk)
		time.Sleep(time.Minute)
		synctest.Wait()
		letters := x.letters()
		want := []string{"job parcel.collect newest ", "job parcel.collect dead "}
		for i := range letters {
			if len(letters) != 2 || !strings.HasPrefix(letters[i], want[i]) {
				t.Fatalf("the letters are %q, want %q…", letters, want)
			}
		}
		if !strings.Contains(letters[0], "version 3 of parcel.collect, and this code knows none above 2") {
			t.Errorf("the letter says %s", letters[0])
		}
		if n, err := x.Redrive(t.Context(), nil); n != 2 || err != nil {
			t.Error(n, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		wantDone := map[string]string{
			"old": "the old depot 2", "new": "the new depot 2", "dead": "the new depot 1",
		}
		mu.Lock()
		defer mu.Unlock()
		if !maps.Equal(got, wantDone) {
			t.Errorf("done: %v, want %v", got, wantDone)
		}
		if again := x.letters(); len(again) != 1 || !strings.HasPrefix(again[0], want[0]) {
			t.Errorf("the letters are %q, want that of the unknown version", again)
		}
	})
}

// editJobs changes what is stored of jobs, each with the key of its line.
func editJobs(t *testing.T, s brook.Store, change func(key string, row map[string]any)) {
	t.Helper()
	table, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/jobs"})
	if err != nil {
		t.Fatal(err)
	}
	batch := &brook.Batch{}
	for place, value := range rawRows(t, s, "jobs") {
		row, of := map[string]any{}, struct{ Key []byte }{}
		err := errors.Join(json.Unmarshal([]byte(value), &row), json.Unmarshal([]byte(value), &of))
		if err != nil {
			t.Fatal(err)
		}
		change(string(of.Key), row)
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		batch.Writes = append(batch.Writes, brook.Write{Table: table, Key: []byte(place), Value: b})
	}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}
