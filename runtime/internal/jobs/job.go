package jobs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/key"
)

// Job is a job that was committed and is not done yet. It is stored as JSON of the fields that have
// no tag. What is stored does not change, but for Attempts and Due: who takes a job from a Board
// has these alone until the job is given back.
type Job struct {
	Position brook.Position // of the event that asked
	Cause    string         // the ID of that event
	Author   string         // of the app
	ID       string
	Type     string
	Set      string         // whose handler asked
	Ordinal  int            // among the jobs that the set asked for
	Key      []byte         // as text
	Time     time.Time      // of the event
	Headers  []brook.Header `json:",omitempty"` // the trace context of the event
	Version  int            `json:",omitempty"` // of Data; 0 is as good as 1
	Data     []byte
	// By is the position of the event that woke the one that asked, which was parked; zero: none did.
	By brook.Position `json:",omitzero"`
	// Free says that the job is done wherever it is stored, whoever owns the partition of the
	// event: the event was redriven or processed, or the job was.
	Free     bool      `json:",omitempty"`
	Attempts int       `json:",omitempty"` // that failed
	Due      time.Time `json:",omitzero"`  // of the next one

	// Place is the job's key in the store, see PlaceOf. Jobs are done in this order.
	Place []byte `json:"-"`
	// Stored is the job's row as it was read or written last; nil: it is not stored yet.
	Stored []byte `json:"-"`

	line  *line
	added uint64 // the number of the look that was the last one when it came: see Look
	tried uint64 // and when it was given back
	gone  bool   // it is in no line
}

// PlaceOf returns the key of a job in the store: keys order jobs by the events that asked, then by
// set and ordinal. Events that are not in the log are ordered by their time; set is the set's
// number.
func PlaceOf(j *Job, set int) []byte {
	dst := partition.Of(j.Position).AppendKey(nil)
	dst = key.AppendInt(dst, j.Position.Offset)
	if j.Position.IsZero() {
		dst = key.AppendInt(dst, j.Time.UnixNano())
		dst = key.AppendString(dst, j.Cause)
	}
	dst = key.AppendInt(dst, set)
	dst = key.AppendString(dst, j.Set)
	return key.AppendInt(dst, j.Ordinal)
}

// ID returns the ID of a job that has the ID of an emission in its place.
func ID(emission string) string { return "job/" + emission }

// Partition returns the partition of the event that asked.
func (j *Job) Partition() partition.ID { return partition.Of(j.Position) }

// Mark returns the position that checkpoints and ownership go by: that of the event that asked, or
// of the one that woke it.
func (j *Job) Mark() brook.Position {
	if !j.By.IsZero() {
		return j.By
	}
	return j.Position
}

// Source returns the partition of Mark.
func (j *Job) Source() partition.ID { return partition.Of(j.Mark()) }

// Write returns the write that stores the job, and notes what is stored.
func (j *Job) Write(t brook.Table) brook.Write {
	j.Stored = j.encode()
	return brook.Write{Table: t, Key: j.Place, Value: j.Stored}
}

func (j *Job) encode() []byte {
	b, err := json.Marshal(j)
	if err != nil {
		panic(err) // plain data
	}
	return b
}

// Remove returns the write that removes the job.
func (j *Job) Remove(t brook.Table) brook.Write {
	return brook.Write{Table: t, Key: j.Place, Op: brook.Remove}
}

// Decode decodes a stored job. The error wraps ErrPermanent.
func Decode(row brook.Row) (*Job, error) {
	j := &Job{Place: bytes.Clone(row.Key), Stored: bytes.Clone(row.Value.Data.([]byte))}
	if err := json.Unmarshal(j.Stored, j); err != nil {
		return nil, fmt.Errorf("brook: stored job: %w: %w", err, brook.ErrPermanent)
	}
	return j, nil
}
