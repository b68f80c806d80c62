package brookhttp_test

import (
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brookgen/brookgen/internal/race"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// newErrands returns an app with rows and dead letters, whose log is folded.
func newErrands(t *testing.T, rows, letters int) *errands.App {
	t.Helper()
	app, err := errands.NewApp(brook.Config{
		Author: "errands", Driver: memdriver.New(memdriver.Partitions(2)), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler), MaxDeadLetters: 1 << 20,
	}, &errands.Mailer{}, errands.Desk{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	events := func(yield func(brook.Outgoing) bool) {
		for n := range rows + letters {
			placed := errands.Placed{Order: fmt.Sprintf("o%06d", n), User: "ada"}
			if n >= rows {
				placed.Fail = "the desk is <b>closed</b>"
			}
			if !yield(brook.Emit(placed)) {
				return
			}
		}
	}
	if _, err := app.PublishAll(t.Context(), iter.Seq[brook.Outgoing](events)); err != nil {
		t.Fatal(err)
	}
	if err := app.CatchUp(t.Context()); err != nil && !errors.Is(err, brook.ErrDeadLetter) {
		t.Fatal(err)
	}
	return app
}

// The pages of a real app show its rows, letters and stories.
func TestRealApp(t *testing.T) {
	app := newErrands(t, 120, 3)
	s := newSite(t, app, anybody)
	checkMarkup(t, "overview", s.want("", http.StatusOK, "order.placed", "errands"))
	// What is published for an order that failed makes a row too.
	checkMarkup(t, "collections", s.want("collections", http.StatusOK, "orders", ">123<"))
	body := s.want("rows?collection=orders", http.StatusOK, "o000000", `rel="next"`)
	checkMarkup(t, "rows", body)
	s.want("rows?collection=orders&from=o000119", http.StatusOK, "o000119")
	s.want("rows?collection=orders&order=newest&limit=1", http.StatusOK, "o000119")
	body = s.want("row?collection=orders&key=o000007", http.StatusOK, "order.placed", "placed",
		"by errands")
	checkMarkup(t, "row", body)
	s.want("row?collection=orders&key=none", http.StatusNotFound)
	body = s.want("letters", http.StatusOK, "the desk is &lt;b&gt;closed", "3 of 3")
	checkMarkup(t, "letters", body)
	id := between(body, `name="id" value="`, `"`)
	body = s.want("letter?id="+escape(id), http.StatusOK, "the desk is", "&#34;order&#34;")
	checkMarkup(t, "letter", body)
	w := s.post("dry-run", "id="+escape(id))
	checkMarkup(t, "dry-run", w.Body.String())
	if !strings.Contains(w.Body.String(), "would fail") {
		t.Errorf("the dry run: %s", w.Body)
	}
	if w := s.post("drop.json", `{"all":true}`); !strings.Contains(w.Body.String(), `"count": 3`) {
		t.Errorf("dropped: %d %s", w.Code, w.Body)
	}
	s.want("letters", http.StatusOK, "There are no dead letters")
	for _, page := range []string{"jobs", "timers", "parked", "rebuild"} {
		checkMarkup(t, page, s.want(page, http.StatusOK))
	}
	s.post("begin", "what=preview")
	s.until("rebuild", "equal the live ones")
}

// Pages are asked for by many at once, while the app folds, and after it was closed.
func TestManyAtOnce(t *testing.T) {
	app := newErrands(t, 50, 3)
	s := newSite(t, app, anybody)
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for _, page := range append(all(), "rows?collection=orders",
				"row?collection=orders&key=o000001") {
				if w := s.get(page); w.Code >= 500 {
					t.Errorf("%s: %d %s", page, w.Code, w.Body)
				}
			}
			for _, page := range []string{"dry-run", "redrive"} {
				if w := s.post(page, "scope=all"); w.Code != http.StatusOK {
					t.Errorf("%s: %d %s", page, w.Code, w.Body)
				}
			}
		})
	}
	for n := range 50 {
		placed := errands.Placed{Order: fmt.Sprintf("p%06d", n)}
		if _, err := app.Publish.Placed(t.Context(), placed); err != nil {
			t.Fatal(err)
		}
		if err := app.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	asking.Wait()
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	s.want("", http.StatusOK, "stopped")
	s.want("rows?collection=orders", http.StatusServiceUnavailable, "closed")
	if w := s.post("redrive", "scope=all"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("redrive of a closed app: %d %s", w.Code, w.Body)
	}
}

// between returns what lies between two texts.
func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

// However much there is, a page takes less than 200 ms and little memory.
func TestLargeApp(t *testing.T) {
	if testing.Short() || race.Enabled {
		t.Skip("it measures times")
	}
	app := newErrands(t, 100_000, 10_000)
	s := newSite(t, app, anybody)
	letters := s.want("letters?limit=500", http.StatusOK)
	id := between(letters, `name="id" value="`, `"`)
	cursor := between(s.get("rows.json?collection=orders&from=o050000").Body.String(),
		`"next": "`, `"`)
	if id == "" || cursor == "" {
		t.Fatalf("id %q, cursor %q", id, cursor)
	}
	for _, page := range []string{
		"", "overview.json", "collections", "rows?collection=orders",
		"rows?collection=orders&order=newest", "rows?collection=orders&limit=500",
		"rows?collection=orders&after=" + escape(cursor), "row?collection=orders&key=o050000",
		"letters", "letters?order=newest", "letters?limit=500", "letters?error=closed&tried=1",
		"letters?key=o109999", "letters?type=order.paid", "letter?id=" + escape(id), "jobs",
		"timers", "parked", "rebuild",
	} {
		var before, after runtime.MemStats
		best := time.Hour
		for range 50 { // what the machine does besides shall not count
			if best < 200*time.Millisecond {
				break
			}
			runtime.ReadMemStats(&before)
			began := time.Now()
			w := s.get(page)
			best = min(best, time.Since(began))
			runtime.ReadMemStats(&after)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", page, w.Code, w.Body)
			}
		}
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 10
		t.Logf("%-45s %8s %6d KiB", page, best.Round(10*time.Microsecond), allocated)
		if best > 200*time.Millisecond {
			t.Errorf("%s takes %s", page, best)
		}
		if allocated > 40<<10 {
			t.Errorf("%s allocates %d KiB", page, allocated)
		}
	}
}
