package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

const trialOrders = 250

// newErrands makes a log of orders, the same for the same seed, each with mails to one of a few
// users and a parcel.
func newErrands(seed uint64, partitions int, out io.Writer) (still, error) {
	d := memdriver.New(memdriver.Partitions(partitions))
	app, err := openErrands(apptest.Dated(d), mapstore.New(), io.Discard, 0)
	if err != nil {
		return still{}, err
	}
	rnd := rand.New(rand.NewPCG(seed, 1))
	_, err = app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
		for i := range trialOrders {
			e := errands.Placed{Order: fmt.Sprint("o", i), User: fmt.Sprint("u", rnd.IntN(9)),
				Mails: rnd.IntN(4)}
			if i%60 == 59 {
				e.User, e.Mails = "nobody", 2
			}
			if !yield(brook.Emit(e)) {
				return
			}
		}
	})
	return stillOf(d, out), errors.Join(err, app.Close())
}

// openErrands opens an app that writes each try of a job to a writer, as "line job ID attempt
// outcome". Mails to nobody are refused for good; of the other jobs, one in so many tries fails; 0:
// none does.
func openErrands(d brook.Driver, s brook.Store, tries io.Writer, fails int) (*errands.App, error) {
	try := func(typ, job, id string, key []byte, at brook.Position, attempt int) error {
		outcome, err := "done", error(nil)
		switch {
		case string(key) == "nobody":
			outcome, err = "refused", fmt.Errorf("no such address: %w", brook.ErrPermanent)
		case fails > 0 && rand.IntN(fails) == 0:
			outcome, err = "failed", errors.New("away")
		}
		_, werr := fmt.Fprintf(tries, "%s/%d/%s %s %s %d %s\n",
			typ, at.Partition, key, job, id, attempt, outcome)
		if werr == nil && outcome == "failed" && rand.IntN(3) == 0 {
			panic(err)
		}
		return errors.Join(err, werr)
	}
	c := config(d, s)
	c.BatchSize = 1 + rand.IntN(7)
	c.Jobs = brook.Jobs{Attempts: 1000, Min: 1, Max: 1, Workers: 1 + rand.IntN(8)}
	return errands.NewApp(c,
		&errands.Mailer{Mail: func(_ context.Context, j brook.Job[errands.SendMail]) error {
			job := fmt.Sprintf("%s/%d", j.Data.Order, j.Data.Number)
			return try(errands.SendMailType, job, j.ID, j.Key, j.Position, j.Attempt)
		}},
		errands.Desk{Collected: func(j brook.Job[errands.Collect]) error {
			return try(errands.CollectType, j.Data.Order, j.ID, j.Key, j.Position, j.Attempt)
		}})
}

// jobsChild folds the log of a trial and does its jobs, until those are left that a dead letter
// holds up. It prints "open" when it begins.
func jobsChild(args []string) error {
	tr, err := parseTrial(args)
	if err != nil {
		return err
	}
	var files []*os.File
	for _, name := range []string{"sent", "tries"} {
		f, err := tr.appended(name)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, f)
	}
	d, err := newErrands(tr.seed, tr.partitions, files[0])
	if err != nil {
		return err
	}
	fmt.Println("ready")
	s, err := tr.store()
	if err != nil {
		return err
	}
	app, err := openErrands(d, s, files[1], 4)
	if err != nil {
		return err
	}
	fmt.Println("open")
	if tr.partitions > 1 {
		if err := runErrands(d, app); err != nil {
			return err
		}
	}
	return errors.Join(workOff(app), app.Close(), s.Close())
}

// runErrands runs an app until all of the log is folded.
func runErrands(d still, app *errands.App) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	partitions, err := d.Partitions(ctx, "ledger")
	for i := 0; err == nil && i < len(partitions); i++ {
		err = app.WaitFor(ctx, at(partitions[i]))
	}
	stop()
	return errors.Join(err, <-done)
}

// workOff does jobs until no other ones are left than those behind dead letters.
func workOff(app *errands.App) error {
	for {
		if err := app.CatchUp(context.Background()); err != nil {
			return err
		}
		if !slices.ContainsFunc(waiting(app), func(j engine.WaitingJob) bool { return j.Attempts > 0 }) {
			return nil
		}
	}
}

// waiting returns the jobs that wait while none is being done.
func waiting(app *errands.App) []engine.WaitingJob {
	back, _ := engine.BackstageOf(app.Source())
	return back.Jobs()
}

// TestJobsKilled: whatever instant processes are killed at, no job is lost, none is repeated but
// with its ID, and jobs of a partition, type and key are done in the order of their events, each
// before the next.
func TestJobsKilled(t *testing.T) {
	repeats := 0
	killTrials(t, "jobs", 12, func(tr trial) { repeats += tr.checkJobs(t) })
	t.Logf("%d jobs repeated", repeats)
}

// checkJobs compares what processes did with one that nothing happened to, and returns how many
// jobs were repeated.
func (tr trial) checkJobs(t *testing.T) int {
	t.Helper()
	sent, tries := &strings.Builder{}, &strings.Builder{}
	d, err := newErrands(tr.seed, tr.partitions, sent)
	if err != nil {
		t.Fatal(err)
	}
	wantState := errandsState(t, d, mapstore.New(), tries)
	want, _ := linesOf(t, tries.String())
	data := map[string]string{}
	for _, name := range []string{"sent", "tries"} {
		b, err := os.ReadFile(filepath.Join(tr.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data[name] = string(b)
	}
	got, repeats := linesOf(t, data["tries"])
	if len(want) < 9 || !reflect.DeepEqual(got, want) {
		for _, line := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(got[line], want[line]) {
				t.Errorf("%s: did %v, want %v", line, got[line], want[line])
			}
		}
		t.Errorf("jobs of %d lines, want %d", len(got), len(want))
	}
	got2, want2 := apptest.UniqueWords(data["sent"]), apptest.UniqueWords(sent.String())
	if len(want2) == 0 || !slices.Equal(got2, want2) {
		t.Errorf("%d emissions were sent, want %d", len(got2), len(want2))
	}
	again := &strings.Builder{}
	state := errandsState(t, d, open(t, filepath.Join(tr.dir, "store")), again)
	if state != wantState {
		t.Errorf("there is\n%s\nwant\n%s", state, wantState)
	}
	if again.Len() > 0 {
		t.Errorf("jobs were left:\n%s", again)
	}
	return repeats
}

// errandsState does what is left to do and returns what is there then: rows, dead letters, and the
// jobs behind these.
func errandsState(t *testing.T, d brook.Driver, s brook.Store, tries io.Writer) string {
	t.Helper()
	app, err := openErrands(d, s, tries, 0)
	if err == nil {
		err = workOff(app)
	}
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for e, err := range app.Views.Orders.All() {
		fmt.Fprintf(&b, "%+v %v\n", e, err)
	}
	for l, err := range app.DeadLetters() {
		fmt.Fprintln(&b, l.Stage, l.ID, l.Attempts, l.Error, err)
	}
	for _, j := range waiting(app) {
		fmt.Fprintln(&b, "waits", j.ID)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Contains(text, "waits") && strings.Contains(text, "job ") {
		return text
	}
	t.Fatalf("a dull story: %.2000s", b.String())
	return ""
}

// linesOf returns the jobs that were done or refused, as "job ID", by their line. The same one may
// come again, before the next one of its line; linesOf returns how often that was. A try has the
// number of the one before, which a process may not have stored, or the next.
func linesOf(t *testing.T, tries string) (lines map[string][]string, repeats int) {
	t.Helper()
	lines = map[string][]string{}
	attempts := map[string]int{}
	for try := range strings.Lines(tries) {
		var line, job, id, outcome string
		var attempt int
		if _, err := fmt.Sscan(try, &line, &job, &id, &attempt, &outcome); err != nil {
			t.Fatalf("%q: %v", try, err)
		}
		if before := attempts[id]; attempt != max(before, 1) && attempt != before+1 {
			t.Errorf("%s: attempt %d after %d", id, attempt, before)
		}
		attempts[id] = attempt
		switch did := lines[line]; {
		case outcome == "failed":
		case len(did) > 0 && did[len(did)-1] == job+" "+id:
			repeats++
		default:
			lines[line] = append(did, job+" "+id)
		}
	}
	return lines, repeats
}
