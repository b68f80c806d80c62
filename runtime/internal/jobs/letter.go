package jobs

import (
	"encoding/json"
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
)

// rest is what a letter keeps of a job besides what is in the letter itself.
type rest struct {
	Place   []byte
	Cause   string
	Time    time.Time
	Headers []brook.Header `json:",omitempty"`
	Version int            `json:",omitempty"`
}

// LetterOf returns the dead letter of a job that is given up with err. stack is that of a panic.
func LetterOf(j *Job, err error, stack []byte) deadletter.Letter {
	kept, merr := json.Marshal(rest{j.Place, j.Cause, j.Time, j.Headers, j.Version})
	if merr != nil {
		panic(merr) // plain data
	}
	return deadletter.Letter{Stack: stack, Job: kept, DeadLetter: brook.DeadLetter{
		Position: j.Position, ID: j.ID, Type: j.Type, Author: j.Author, Stage: brook.StageJob,
		Set: j.Set, Error: deadletter.ErrorText(err), Attempts: j.Attempts, Time: time.Now().UTC(),
		Key: j.Key, Record: brook.Record{Key: j.Key, Value: j.Data}, Ordinal: j.Ordinal,
	}}
}

// OfLetter returns the job of a letter of stage job, which was never tried. The error wraps
// ErrPermanent.
func OfLetter(l *deadletter.Letter) (*Job, error) {
	var kept rest
	if err := json.Unmarshal(l.Job, &kept); err != nil {
		return nil, fmt.Errorf("brook: stored dead letter of a job: %w: %w", err, brook.ErrPermanent)
	}
	return &Job{
		Position: l.Position, Cause: kept.Cause, Author: l.Author, ID: l.ID, Type: l.Type,
		Set: l.Set, Ordinal: l.Ordinal, Key: l.Key, Time: kept.Time, Headers: kept.Headers,
		Data: l.Record.Value, Version: kept.Version, Free: true, Place: kept.Place,
	}, nil
}
