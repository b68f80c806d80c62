package rebuild

import (
	"maps"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/report"
)

// tally is what a rebuild counts for its report. Letters are counted anew with each look at them.
type tally struct {
	report   brook.RebuildReport
	started  time.Time
	madeFrom map[string]bool // the types that the live views were made from
	passed   map[string]int  // events of these types that the code does not know
	// strangers are letters of events that were tried and are no letters of the live views. Their
	// records are left out.
	strangers []deadletter.Letter
	inherited map[string]bool // keys of letters that the generation had when it was revived
	dealt     int             // of these, letters that are gone
}

// restart forgets the letters that are counted.
func (t *tally) restart() {
	t.strangers = nil
	t.report = brook.RebuildReport{
		Took: time.Since(t.started), Returned: t.inherited != nil, Dealt: t.dealt,
	}
	if len(t.passed) > 0 {
		t.report.Passed = maps.Clone(t.passed)
	}
}

// count counts a letter of the rebuilt views; asides is what the live views put aside.
func (t *tally) count(l *deadletter.Letter, asides deadletter.SetAside) {
	t.report.Letters++
	if l.AfterCommit() || l.Attempts == 0 || asides.Has(l.Position, l.Set) ||
		t.inherited[string(l.AppendKey(nil))] {
		return
	}
	stranger := *l
	stranger.Record = brook.Record{}
	t.strangers = append(t.strangers, stranger)
	report.AddFailure(&t.report, &l.DeadLetter)
}

// finish completes the report once all letters are counted.
func (t *tally) finish() { report.SortFailures(&t.report) }

// pass counts events whose types the code does not know and the live views were made from.
func (t *tally) pass(unknown []batch.Unknown) {
	for _, u := range unknown {
		if t.madeFrom[u.Type] {
			t.passed[u.Type]++
		}
	}
}
