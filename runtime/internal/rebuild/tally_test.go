package rebuild

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/batch"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

var in = partition.ID{Topic: "in"}

// failed is a letter of a set whose handler failed with a text.
func failed(offset int64, set, text string) *deadletter.Letter {
	return &deadletter.Letter{DeadLetter: brook.DeadLetter{
		Position: in.At(offset), Set: set, Type: "did", Stage: brook.StageHandle, Attempts: 1,
		Error: text, Record: brook.Record{Value: []byte("a large record")},
	}}
}

// Letters that the live views have too, that only wait behind others, or that are of emissions, are
// counted and are no strangers.
func TestTallyStrangers(t *testing.T) {
	asides := deadletter.SetAside{}
	asides.Add(in.At(1), deadletter.Event{Set: "a"})
	asides.Add(in.At(2), deadletter.Event{})
	asides.Add(in.At(3), deadletter.Event{Set: "a", Dropped: true})
	waits, emit := failed(8, "a", ""), failed(9, "a", "refused")
	waits.Attempts, emit.Stage = 0, brook.StageEmit
	var c tally
	c.restart()
	for _, l := range []*deadletter.Letter{
		failed(1, "a", "x"), failed(2, "b", "x"), waits, emit, // no strangers
		failed(3, "a", "y"), failed(1, "b", "x"), failed(4, "b", "x"),
	} {
		c.count(l, asides)
	}
	c.finish()
	var at []int64
	for _, l := range c.strangers {
		at = append(at, l.Position.Offset)
		if l.Record.Value != nil {
			t.Errorf("the record of %s is kept", l.Position)
		}
	}
	if !slices.Equal(at, []int64{3, 1, 4}) || c.report.Letters != 7 {
		t.Errorf("strangers at %v of %d letters", at, c.report.Letters)
	}
	want := []brook.FailureCount{
		{Type: "did", Set: "b", Stage: brook.StageHandle, Error: "x", Count: 2},
		{Type: "did", Set: "a", Stage: brook.StageHandle, Error: "y", Count: 1},
	}
	if !slices.Equal(c.report.Failures, want) {
		t.Errorf("failures: %+v", c.report.Failures)
	}
	if c.restart(); len(c.strangers) > 0 || c.report.Letters > 0 || c.report.Failures != nil {
		t.Errorf("counted anew: %+v", c.report)
	}
}

// Of events that the code does not know those count that the live views were made from.
func TestTallyPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := tally{
			started: time.Now(), madeFrom: map[string]bool{"old": true}, passed: map[string]int{},
		}
		c.pass([]batch.Unknown{{Type: "old"}, {Type: "foreign"}})
		if c.restart(); c.report.Passed["old"] != 1 || len(c.report.Passed) != 1 {
			t.Errorf("passed: %v", c.report.Passed)
		}
		told := c.report.Passed
		time.Sleep(time.Second)
		c.pass([]batch.Unknown{{Type: "old"}})
		if c.restart(); c.report.Passed["old"] != 2 || told["old"] != 1 {
			t.Errorf("passed: %v, and before %v", c.report.Passed, told)
		}
		if c.report.Took != time.Second {
			t.Errorf("it took %v", c.report.Took)
		}
	})
}
