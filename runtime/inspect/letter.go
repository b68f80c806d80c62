package inspect

import (
	"encoding/json"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Letter is a dead letter, without its record.
type Letter struct {
	ID       string         `json:"id"` // names the letter, for as long as it is one
	Position brook.Position `json:"position,omitzero"`
	EventID  string         `json:"event_id"`
	Type     string         `json:"type"`
	Author   string         `json:"author,omitempty"`
	Stage    string         `json:"stage"` // one of brook.Stage…
	Set      string         `json:"set,omitempty"`
	Error    string         `json:"error"`
	Attempts int            `json:"attempts"`
	Time     time.Time      `json:"time"`
	Key      *string        `json:"key,omitempty"` // that it blocks; nil: none
	// Waits says that it was not tried: it waits behind another one of its set and key.
	Waits bool `json:"waits,omitempty"`
	// Silent says that the event was acted on before: redriven, it emits nothing.
	Silent bool `json:"silent,omitempty"`
	Size   int  `json:"size"` // bytes of the record's value
}

// Letters is a page of dead letters.
type Letters struct {
	Letters []Letter `json:"letters"`
	Next    string   `json:"next,omitempty"` // the cursor for the next page; "": there are no more
}

// LetterFilter says which dead letters are meant: those that fit all of its fields. The zero
// LetterFilter means all.
type LetterFilter struct {
	IDs   []string `json:"ids,omitempty"` // one of these; nil: any
	Topic string   `json:"topic,omitempty"`
	Type  string   `json:"type,omitempty"`
	Stage string   `json:"stage,omitempty"`
	Set   string   `json:"set,omitempty"`
	Key   *string  `json:"key,omitempty"`
	Error string   `json:"error,omitempty"` // a part of its error
	// Tried is set for those alone that were tried, and do not only wait behind others.
	Tried bool `json:"tried,omitempty"`
}

// LetterDetail is a dead letter with all that is known of it.
type LetterDetail struct {
	Letter
	Stack  string `json:"stack,omitempty"` // of a panic
	Record Record `json:"record"`
	// Behind are the first 50 of the letters and parked events that wait behind it, in log order,
	// and Waiting says how many there are; of a letter of stage job, how many jobs wait.
	Behind  []Letter `json:"behind,omitempty"`
	Waiting int      `json:"waiting"`
	More    bool     `json:"more,omitempty"` // there may be more: not all were looked at
}

// Record is a record of the log.
type Record struct {
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Time      time.Time `json:"time,omitzero"`
	Key       *string   `json:"key,omitempty"` // as text; nil: it has none
	Headers   []Header  `json:"headers,omitempty"`
	Value     Payload   `json:"value"`
	// Omitted is how many bytes the letter does not hold: see brook.DeadLetter.Omitted.
	Omitted int `json:"omitted,omitempty"`
}

// DryRun is what redriving letters would do.
type DryRun struct {
	Outcomes []Outcome `json:"outcomes"`
	// Left is how many further letters the filter accepts, which were not run.
	Left int `json:"left,omitempty"`
}

// Result is what would become of a letter.
type Result string

// The results of letters.
const (
	Applied   Result = "applied"   // its set takes the event, and the letter is gone
	Fails     Result = "fails"     // it stays a letter, with one more attempt
	Waits     Result = "waits"     // it is not tried: one before it stays a letter
	Parks     Result = "parks"     // it came too early still
	Published Result = "published" // it is an emission that would be published again
	Queued    Result = "queued"    // it is a job that would be done again
	Gone      Result = "gone"      // the log has its record no more
	Moved     Result = "moved"     // it is no letter any more
)

// Outcome is what would become of a letter, and what its event would do.
type Outcome struct {
	Letter Letter `json:"letter"`
	Result Result `json:"result"`
	Stage  string `json:"stage,omitempty"` // at which it fails
	Error  string `json:"error,omitempty"`
	Stack  string `json:"stack,omitempty"` // of a panic
	// Handlers are those that are called, as Set.Method.
	Handlers []string `json:"handlers,omitempty"`
	// Rows are the first 50 of the rows that change, and MoreRows how many more there are.
	Rows     []RowChange `json:"rows,omitempty"`
	MoreRows int         `json:"more_rows,omitempty"`
	// Emissions, Jobs and Timers are what the event would leave to do, and Effects how many effects
	// would run. Nothing of that happens if Silent is set: the event was acted on before.
	Emissions []Request `json:"emissions,omitempty"`
	Jobs      []Request `json:"jobs,omitempty"`
	Timers    []Request `json:"timers,omitempty"`
	Effects   int       `json:"effects,omitempty"`
	Silent    bool      `json:"silent,omitempty"`
}

// RowChange is a row that changes. Before or After is nil if there is no row.
type RowChange struct {
	Collection string          `json:"collection"`
	Key        string          `json:"key"`
	Before     json.RawMessage `json:"before,omitempty"`
	After      json.RawMessage `json:"after,omitempty"`
	Changes    []FieldChange   `json:"changes,omitempty"`
}

// Request is what a handler asks for: an event to be published, now or at a time, or a job.
type Request struct {
	Set  string    `json:"set"`
	Type string    `json:"type"`
	Key  string    `json:"key,omitempty"`
	Data Payload   `json:"data,omitzero"`
	Due  time.Time `json:"due,omitzero"`        // of a timer
	Ends bool      `json:"cancelled,omitempty"` // a timer that is removed
}
