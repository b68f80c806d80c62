package processor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/input"
)

// parked processes an event that fails, and returns its letter and the partition to redrive it in.
// The batch is as after the commit.
func (r *rig) parked(data string) (deadletter.Letter, *Partition) {
	r.t.Helper()
	r.process(data, Accepted)
	letter := r.Batch.Letters[0]
	r.Batch.Forget()
	p := r.partition
	return letter, r.Single(input.Single(p.ID, p.Log, letter.Attempts), p.Blocked)
}

// A letter shares no bytes with its record, which the driver may have lent.
func TestLetterOwnsItsRecord(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"] = errBad
	record := r.record("x")
	record.Headers = []brook.Header{{Key: "h", Value: []byte("of it")}}
	want := fmt.Sprintf("%+v", *record)
	if what, err := r.Process(t.Context(), r.partition, record); what != Accepted {
		t.Fatal(what, err)
	}
	clear(record.Key)
	clear(record.Value)
	clear(record.Headers[0].Value)
	record.Headers[0].Key = "another"
	if got := fmt.Sprintf("%+v", r.Batch.Letters[0].Record); got != want {
		t.Errorf("the letter's record is\n%s, was\n%s", got, want)
	}
}

// A letter runs through its own set only, and no longer blocks its key.
func TestProcessLetter(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"], r.emits["S x"], r.emits["T x"] = errBad, "a", "b"
	letter, p := r.parked("x")
	delete(r.fails, "T x")
	applied, err := r.ProcessLetter(t.Context(), p, &letter)
	if !applied || err != nil {
		t.Error(applied, err)
	}
	r.want("kT")
	r.wantItems(r.Batch.Items, "0 T", 0)
	if !p.Blocked.Empty() {
		t.Error("its key is blocked")
	}
}

// One that fails again is parked with one attempt more, until Unpark; of an emission that is
// refused the event is applied all the same.
func TestProcessLetterAgain(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"] = errBad
	letter, p := r.parked("x")
	applied, err := r.ProcessLetter(t.Context(), p, &letter)
	if applied || err != nil {
		t.Error(applied, err)
	}
	r.want("", "0 T handle")
	if l := r.Batch.Letters[0]; l.Attempts != 2 || p.Blocked.Len() != 1 {
		t.Errorf("%d attempts, %d letters block", l.Attempts, p.Blocked.Len())
	}
	r.Unpark(p)
	if p.Blocked.Len() != 0 {
		t.Errorf("%d letters block", p.Blocked.Len())
	}
	p.Block(&letter)
	r.Batch.Forget()
	delete(r.fails, "T x")
	r.emits["T x"] = "refused"
	if applied, err := r.ProcessLetter(t.Context(), p, &letter); !applied || err != nil {
		t.Error(applied, err)
	}
	r.want("kT", "0 T emit")
}

// A letter of a set whose handler is gone says so.
func TestProcessLetterWithoutHandler(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"] = errBad
	letter, p := r.parked("x")
	letter.Record.Value = []byte("only S")
	if applied, err := r.ProcessLetter(t.Context(), p, &letter); applied || err != nil {
		t.Error(applied, err)
	}
	r.want("", "0 T handle")
	if l := r.Batch.Letters[0]; !strings.Contains(l.Error, "no handler of put in a set T") {
		t.Error(l.Error)
	}
}

// If the store does not answer or the context ended, the letter blocks its key as before.
func TestProcessLetterWithoutOutcome(t *testing.T) {
	r := newRig(t, nil)
	r.fails["T x"] = errBad
	letter, p := r.parked("x")
	delete(r.fails, "T x")
	r.reader.err = errAway
	if _, err := r.ProcessLetter(t.Context(), p, &letter); !errors.Is(err, errAway) {
		t.Error(err)
	}
	r.reader.err = nil
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.ProcessLetter(ended, p, &letter); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.wantLetters()
	if p.Blocked.Len() != 1 || p.Blocked.Empty() {
		t.Errorf("%d letters block", p.Blocked.Len())
	}
}

// An event of Process is applied by all sets or none, whatever blocks its key, and emits in the
// numbered stream.
func TestApply(t *testing.T) {
	r := newRig(t, nil)
	r.Numbers = true
	r.emits["S x"], r.emits["S y"], r.emits["T y"] = "a", "refused", "b"
	r.fails["T x"] = errBad
	apply := func(data string) error {
		record := &brook.Record{Topic: "in", Key: []byte("k"), Value: []byte(data)}
		return r.Apply(t.Context(), record, brook.Message{
			ID: "1", Type: "put", Data: record.Value, Keyed: true,
		})
	}
	if err := apply("x"); !errors.Is(err, errBad) || !strings.Contains(err.Error(), "set T") {
		t.Error(err)
	}
	r.want("")
	r.wantItems(r.Batch.Items, "", 0)
	if err := apply("undecodable"); !errors.Is(err, errBad) {
		t.Error(err)
	}
	if err := apply("y"); err != nil {
		t.Error(err)
	}
	r.want("kS kT", "0 S emit") // which is of no partition
	r.wantItems(r.Batch.Items, "0 T", 0)
	if !r.Batch.Numbered || !r.partition.Blocked.Empty() || r.partition.Blocked.Len() != 0 {
		t.Errorf("numbered %t, %d letters block", r.Batch.Numbered, r.partition.Blocked.Len())
	}
}
