package brook

import (
	"encoding/json"
	"math"
	"time"
)

// statusJSON is a Status as it stands in JSON.
type statusJSON struct {
	Name       string          `json:"name"`
	State      State           `json:"state"`
	Since      time.Time       `json:"since,omitzero"`
	Reason     string          `json:"reason,omitempty"`
	FirstLive  time.Time       `json:"first_live,omitzero"`
	Lag        int64           `json:"lag"`
	Behind     seconds         `json:"behind_seconds"`
	Mode       modeJSON        `json:"mode"`
	Letters    int             `json:"letters"`
	Parked     int             `json:"parked"`
	Jobs       int             `json:"jobs"`
	Outbox     int             `json:"outbox"`
	Timers     int             `json:"timers"`
	Partitions []partitionJSON `json:"partitions"`
	Stale      *staleJSON      `json:"stale,omitempty"`
	Rebuild    *rebuildJSON    `json:"rebuild,omitempty"`
	Failures   []failureJSON   `json:"failures"`
}

// seconds is a time.Duration in JSON.
type seconds float64

func secondsOf(d time.Duration) seconds { return seconds(d.Seconds()) }

func (s seconds) duration() time.Duration {
	return time.Duration(math.Round(float64(s) * float64(time.Second)))
}

type modeJSON struct {
	Lanes  int    `json:"lanes"`
	Reason string `json:"reason,omitempty"`
}

type partitionJSON struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Next      int64     `json:"next"`
	End       int64     `json:"end"`
	Lag       int64     `json:"lag"`
	Behind    seconds   `json:"behind_seconds"`
	Time      time.Time `json:"time,omitzero"`
	Moved     time.Time `json:"moved,omitzero"`
	Letters   int       `json:"letters"`
	Parked    int       `json:"parked"`
	Jobs      int       `json:"jobs"`
	Outbox    int       `json:"outbox"`
	Stands    string    `json:"stands,omitempty"`
}

type staleJSON struct {
	Changes   []string `json:"changes,omitempty"`
	Handlers  []string `json:"handlers,omitempty"`
	Overtaken bool     `json:"overtaken,omitempty"`
	Refused   bool     `json:"refused,omitempty"`
}

type rebuildJSON struct {
	Running bool        `json:"running"`
	Preview bool        `json:"preview,omitempty"`
	Began   time.Time   `json:"began"`
	Ended   time.Time   `json:"ended,omitzero"`
	Read    int64       `json:"read"`
	Total   int64       `json:"total"`
	Took    seconds     `json:"took_seconds"`
	Left    seconds     `json:"left_seconds,omitempty"`
	Error   string      `json:"error,omitempty"`
	Report  *reportJSON `json:"report,omitempty"`
}

type reportJSON struct {
	Promoted   bool           `json:"promoted"`
	Returned   bool           `json:"returned,omitempty"`
	Dealt      int            `json:"dealt,omitempty"`
	Letters    int            `json:"letters"`
	Failures   []countJSON    `json:"failures,omitempty"`
	First      []letterJSON   `json:"first,omitempty"`
	Passed     map[string]int `json:"passed,omitempty"`
	Read       int64          `json:"read"`
	ReadBefore int64          `json:"read_before"`
	Took       seconds        `json:"took_seconds"`
}

type countJSON struct {
	Type  string `json:"type,omitempty"`
	Set   string `json:"set,omitempty"`
	Stage string `json:"stage"`
	Error string `json:"error"`
	Count int    `json:"count"`
}

// letterJSON is what says which dead letter it is, and why there is one: neither key nor record.
type letterJSON struct {
	Position Position  `json:"position"`
	ID       string    `json:"id"`
	Type     string    `json:"type,omitempty"`
	Author   string    `json:"author,omitempty"`
	Set      string    `json:"set,omitempty"`
	Stage    string    `json:"stage"`
	Error    string    `json:"error"`
	Attempts int       `json:"attempts"`
	Time     time.Time `json:"time,omitzero"`
}

type failureJSON struct {
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	What      string    `json:"what"`
	Position  Position  `json:"position,omitzero"`
	Attempts  int       `json:"attempts"`
	Error     string    `json:"error"`
	Final     bool      `json:"final,omitempty"`
	Recovered bool      `json:"recovered,omitempty"`
}

// MarshalJSON returns s as its type describes it. Of dead letters in the report of a rebuild it
// returns neither key nor record.
func (s Status) MarshalJSON() ([]byte, error) {
	j := statusJSON{
		Name: s.Name, State: s.State, Since: s.Since, Reason: s.Reason,
		FirstLive: s.FirstLive, Lag: s.Lag(),
		Behind: secondsOf(s.Behind()), Mode: modeJSON(s.Mode), Letters: s.Letters,
		Parked: s.Parked, Jobs: s.Jobs, Outbox: s.Outbox, Timers: s.Timers,
		Partitions: make([]partitionJSON, 0, len(s.Partitions)),
		Stale:      (*staleJSON)(s.Stale), Rebuild: s.Rebuild.json(),
		Failures: make([]failureJSON, 0, len(s.Failures)),
	}
	for i := range s.Partitions {
		p := &s.Partitions[i]
		j.Partitions = append(j.Partitions, partitionJSON{
			Topic: p.Topic, Partition: p.Partition, Next: p.Next, End: p.End, Lag: p.Lag(),
			Behind: secondsOf(p.Behind), Time: p.Time, Moved: p.Moved, Letters: p.Letters,
			Parked: p.Parked, Jobs: p.Jobs, Outbox: p.Outbox, Stands: p.Stands,
		})
	}
	for _, f := range s.Failures {
		j.Failures = append(j.Failures, failureJSON(f))
	}
	return appendJSON(&j)
}

// UnmarshalJSON sets s to what MarshalJSON returned. Members that are not known are passed over.
func (s *Status) UnmarshalJSON(data []byte) error {
	var j statusJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	read := Status{
		Name: j.Name, State: j.State, Since: j.Since, Reason: j.Reason,
		FirstLive: j.FirstLive, Mode: Mode(j.Mode),
		Letters: j.Letters, Parked: j.Parked, Jobs: j.Jobs, Outbox: j.Outbox, Timers: j.Timers,
		Stale: (*StaleStatus)(j.Stale), Rebuild: j.Rebuild.status(),
	}
	for i := range j.Partitions {
		p := &j.Partitions[i]
		read.Partitions = append(read.Partitions, PartitionStatus{
			Topic: p.Topic, Partition: p.Partition, Next: p.Next, End: p.End,
			Behind: p.Behind.duration(), Time: p.Time, Moved: p.Moved, Letters: p.Letters,
			Parked: p.Parked, Jobs: p.Jobs, Outbox: p.Outbox, Stands: p.Stands,
		})
	}
	for _, f := range j.Failures {
		read.Failures = append(read.Failures, FailureStatus(f))
	}
	*s = read
	return nil
}

func (r *RebuildStatus) json() *rebuildJSON {
	if r == nil {
		return nil
	}
	return &rebuildJSON{
		Running: r.Running, Preview: r.Preview, Began: r.Began, Ended: r.Ended,
		Read: r.Progress.Read, Total: r.Progress.Total, Took: secondsOf(r.Progress.Took),
		Left: secondsOf(r.Progress.Left), Error: r.Err, Report: r.Report.json(),
	}
}

func (j *rebuildJSON) status() *RebuildStatus {
	if j == nil {
		return nil
	}
	return &RebuildStatus{
		Running: j.Running, Preview: j.Preview, Began: j.Began, Ended: j.Ended, Err: j.Error,
		Progress: RebuildProgress{
			Read: j.Read, Total: j.Total, Took: j.Took.duration(), Left: j.Left.duration(),
		},
		Report: j.Report.report(),
	}
}

func (r *RebuildReport) json() *reportJSON {
	if r == nil {
		return nil
	}
	j := &reportJSON{
		Promoted: r.Promoted, Returned: r.Returned, Dealt: r.Dealt, Letters: r.Letters,
		Passed: r.Passed, Read: r.Read, ReadBefore: r.ReadBefore, Took: secondsOf(r.Took),
	}
	for _, f := range r.Failures {
		j.Failures = append(j.Failures, countJSON(f))
	}
	for i := range r.First {
		l := &r.First[i]
		j.First = append(j.First, letterJSON{
			Position: l.Position, ID: l.ID, Type: l.Type, Author: l.Author, Set: l.Set,
			Stage: l.Stage, Error: l.Error, Attempts: l.Attempts, Time: l.Time,
		})
	}
	return j
}

func (j *reportJSON) report() *RebuildReport {
	if j == nil {
		return nil
	}
	r := &RebuildReport{
		Promoted: j.Promoted, Returned: j.Returned, Dealt: j.Dealt, Letters: j.Letters,
		Passed: j.Passed, Read: j.Read, ReadBefore: j.ReadBefore, Took: j.Took.duration(),
	}
	for _, f := range j.Failures {
		r.Failures = append(r.Failures, FailureCount(f))
	}
	for _, l := range j.First {
		r.First = append(r.First, DeadLetter{
			Position: l.Position, ID: l.ID, Type: l.Type, Author: l.Author, Set: l.Set,
			Stage: l.Stage, Error: l.Error, Attempts: l.Attempts, Time: l.Time,
		})
	}
	return r
}
