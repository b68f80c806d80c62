package processor

import (
	"context"
	"errors"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
)

// Events are counted in the batch by what became of them, and their changes gathered.
func TestAccepted(t *testing.T) {
	r := newRig(t, nil)
	for _, data := range []string{"x", "unknown", "undecodable"} {
		r.process(data, Accepted)
	}
	tombstone := r.record("")
	tombstone.Value = nil
	if what, err := r.Process(t.Context(), r.partition, tombstone); what != Accepted {
		t.Error(what, err)
	}
	r.want("kS kT", "2  decode")
	b := r.Batch
	if b.Events != 4 || b.Discarded != 1 || len(b.Unknown) != 1 || b.Unknown[0].Type != "put" {
		t.Errorf("batch: %+v", b)
	}
	if b.Last.Offset != 3 || b.Started.IsZero() {
		t.Errorf("the last event is %s, begun %s", b.Last, b.Started)
	}
}

// A set that fails makes a letter, alone, which blocks its key for that set.
func TestParked(t *testing.T) {
	r := newRig(t, nil)
	r.fails["S x"] = errBad
	r.process("x", Accepted)
	r.process("y", Accepted)
	r.want("kT", "0 S handle", "1 S handle")
	if l := r.Batch.Letters; l[0].Attempts != 1 || l[1].Attempts != 0 || string(l[1].Key) != "k" {
		t.Errorf("letters: %+v", l)
	}
	r.parts.Config.OnFailure = brook.GoOn // letters block nothing
	r.partition.Blocked = &deadletter.Blocked{}
	r.process("x", Accepted)
	r.process("y", Accepted)
	r.want("kS kT", "0 S handle", "1 S handle", "2 S handle")
}

// An event that may succeed later is tried as often as Config.Retry allows, and leaves nothing
// behind before that.
func TestRetryLater(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"] = brook.ErrRetry
	r.process("x", RetryLater)
	r.want("")
	r.partition.Attempts = 2
	r.process("x", Accepted)
	r.want("kS", "1 T handle")
}

// An event has no outcome if the store did not answer, or the context ended.
func TestNoOutcome(t *testing.T) {
	r := newRig(t, nil)
	r.reader.err = errAway
	if err := r.processed("x", StoreUnavailable); !errors.Is(err, errAway) {
		t.Error(err)
	}
	r.reader.err = nil
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	what, err := r.Process(ended, r.partition, r.record("x"))
	if what != Cancelled || !errors.Is(err, context.Canceled) {
		t.Error(what, err)
	}
	r.want("")
	if r.Batch.Events != 0 {
		t.Errorf("%d events", r.Batch.Events)
	}
}

// Beside other tasks, an event whose key nobody can place runs exclusively.
func TestCrossKey(t *testing.T) {
	r := newRig(t, nil)
	r.Parallel = true
	r.process("x", CrossKey)
	r.want("")
	if r.Stray.Type != "put" || r.Stray.Position.Offset != 0 {
		t.Errorf("stray: %+v", r.Stray)
	}
}

// With Config.OnFailure Stop a failure ends Run, and names the event and the set.
func TestStopApp(t *testing.T) {
	r := newRig(t, nil)
	r.parts.Config.OnFailure = brook.Stop
	r.fails["T x"] = errBad
	for _, data := range []string{"x", "undecodable"} {
		err := r.processed(data, StopApp)
		var failed *brook.RecordError
		if !errors.As(err, &failed) || !errors.Is(err, errBad) ||
			failed.Position.Offset != r.next-1 {
			t.Errorf("%q: %v", data, err)
		}
	}
	r.process("y", Accepted)
	r.want("kS kT")
}

// An event that is too large by itself fails in every set.
func TestTooLarge(t *testing.T) {
	r := newRig(t, nil)
	r.TooLarge = TooLarge{Err: brook.ErrTooLarge, At: brook.Position{Topic: "in", Offset: 1}}
	r.process("x", Accepted)
	r.Tx.Reset()
	r.process("x", Accepted)
	r.want("", "1 S apply", "1 T apply")
}

// aside is a target in which some events were dropped, and whose letters are all silent.
type aside struct {
	Live
	dropped map[int64][]string
}

func (a *aside) Dropped(at brook.Position) []string { return a.dropped[at.Offset] }
func (a *aside) Silence(letter *deadletter.Letter)  { letter.Silent = true }

// What was dropped is passed over, for one set or all; a target says which letters are silent.
func TestDropped(t *testing.T) {
	target := &aside{dropped: map[int64][]string{0: {""}, 1: {"T"}}}
	r := newRig(t, target)
	target.Live = Live{r.parts}
	r.process("x", Accepted)
	r.want("")
	if r.Batch.Discarded != 1 {
		t.Errorf("%d discarded", r.Batch.Discarded)
	}
	r.process("x", Accepted)
	r.want("kS")
	r.process("undecodable", Accepted)
	if l := r.Batch.Letters; len(l) != 1 || !l[0].Silent {
		t.Errorf("letters: %+v", l)
	}
}
