package inspect

import "time"

// Structure is what an app consists of, in the order of the declarations.
type Structure struct {
	Name   string `json:"name"` // Config.Name
	Author string `json:"author"`
	// Group is Config.Group: Status counts what is of the partitions of its instance, while rows,
	// letters, jobs, timers and parked events are those of all instances.
	Group       bool         `json:"group,omitempty"`
	Events      []Event      `json:"events"`
	Handlers    []Handler    `json:"handlers"`
	Workers     []Worker     `json:"workers,omitempty"`
	Collections []Collection `json:"collections"`
}

// Event is an event type.
type Event struct {
	Type  string   `json:"type"`
	Was   []string `json:"was,omitempty"` // names that it had before
	Topic string   `json:"topic"`
	// Key is the types of the parts of its key, with blanks between; "": it has no key.
	Key     string `json:"key,omitempty"`
	Version int    `json:"version,omitempty"`
	// Handled, Discarded and Published say what the code does with it: handlers take it; it is
	// ignored on purpose; handlers or workers emit it, or set timers of it.
	Handled   bool `json:"handled,omitempty"`
	Discarded bool `json:"discarded,omitempty"`
	Published bool `json:"published,omitempty"`
	// Tombstone says that it stands for the null values of its topic.
	Tombstone bool `json:"tombstone,omitempty"`
	// History is how many of the newest events of the type a row keeps; -1: all, 0: none.
	History int  `json:"history"`
	PII     bool `json:"pii,omitempty"` // some of its fields are masked
}

// Handler is an arrow of the event flow: from an event type to what it reads and writes.
type Handler struct {
	Set    string   `json:"set"`
	Name   string   `json:"name"`
	Event  string   `json:"event"`
	Reads  []string `json:"reads,omitempty"`  // collections
	Writes []string `json:"writes,omitempty"` // collections
	Emits  []string `json:"emits,omitempty"`  // event types
	Timers []string `json:"timers,omitempty"` // event types
	Jobs   []string `json:"jobs,omitempty"`   // job types that it asks for
	Acts   bool     `json:"acts,omitempty"`   // it emits, sets timers, asks for jobs or has effects
	Code   string   `json:"code,omitempty"`   // a hash of its code
	// Serial says why the partitions can't be folded side by side; "": they can, as far as this
	// handler goes. Asserted says that its author says so, and it is not proved.
	Serial   string `json:"serial,omitempty"`
	Asserted bool   `json:"asserted,omitempty"`
}

// Counts is what handlers did with events that were committed to the live views, since Inspect of the
// app was called first in this process: before that nothing is counted. They rise only: who wants
// rates, subtracts.
type Counts struct {
	Since    time.Time      `json:"since"`
	Handlers []HandlerCount `json:"handlers"` // in the order of Structure.Handlers
}

// HandlerCount counts the events of a handler.
type HandlerCount struct {
	Taken  int64 `json:"taken"`  // its set took them
	Failed int64 `json:"failed"` // they became dead letters of the set, or are parked
}

// Worker does the jobs of one type.
type Worker struct {
	Name string `json:"name"` // Type.Method
	Job  string `json:"job"`  // the job type
	// Emits are the types of events that it publishes once a job is done.
	Emits []string `json:"emits,omitempty"`
	PII   bool     `json:"pii,omitempty"` // some fields of the job are masked
}

// Collection is a collection of rows.
type Collection struct {
	Name    string  `json:"name"`
	Key     string  `json:"key"`     // the types of its key's parts, with blanks between
	History bool    `json:"history"` // rows keep the events that made them
	Indexes []Index `json:"indexes,omitempty"`
	PII     bool    `json:"pii,omitempty"` // some of its fields are masked
}

// Index finds rows by a field.
type Index struct {
	Field  string `json:"field"` // its Go name
	Key    string `json:"key"`   // the types of the value's parts, with blanks between
	Unique bool   `json:"unique,omitempty"`
	Ready  bool   `json:"ready"` // it has the entries of all rows
	// PII says that the values are masked elsewhere: they are not to be shown, and a URL is not to
	// have one.
	PII bool `json:"pii,omitempty"`
}
