package inspect

import (
	"encoding/json"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Row is a row of a collection.
type Row struct {
	Key string `json:"key"`
	// Value is the row as JSON, masked. In a list it is left out if it has more than 64 KiB: Cut is
	// set then, and Size says how large it is.
	Value json.RawMessage `json:"value,omitempty"`
	Size  int             `json:"size"`
	Cut   bool            `json:"cut,omitempty"`
	// Unreadable says why the code can't read the row; "" if it can. Value is the row as it was
	// written then, if that is known.
	Unreadable string `json:"unreadable,omitempty"`
}

// Rows is a page of rows.
type Rows struct {
	Rows []Row  `json:"rows"`
	Next string `json:"next,omitempty"` // the cursor for the next page; "": there are no more
}

// RowQuery says which rows of a collection are to be returned: all of them in key order, or those
// that an index finds by a value, or from a value on.
type RowQuery struct {
	Page
	// From is the key from which the first page begins; "": the first. Of a key of several parts the
	// first ones will do. It is ignored with After.
	From string
	// Index is the field of an index, as in [Index]; "": none.
	Index string
	// Value, if it is not nil, is the indexed value of all rows that are returned. If it is nil,
	// the rows come in the order of their values.
	Value *string
}

// Story is a row and the events that made it.
type Story struct {
	Row Row `json:"row"`
	// Steps are the newest events of the row's history, oldest first.
	Steps []Step `json:"steps"`
	// Earlier is how many events the history has before Steps.
	Earlier int `json:"earlier,omitempty"`
	// Whole says that the history has all events that changed the row since it was made: it was not
	// shortened.
	Whole bool `json:"whole"`
	// Exact says that calling the handlers again came to the row as it is stored. If not, what
	// Steps says of Before and After is what the events change by the code and the other rows of
	// today: handlers were others, read other rows that changed since, or the history was
	// shortened.
	Exact bool `json:"exact"`
}

// Step is an event in the history of a row.
type Step struct {
	Event EventRecord `json:"event"`
	// Sets are the handler sets that changed the row.
	Sets []string `json:"sets,omitempty"`
	// Before and After are the row before and after the event, masked; nil: there was no row, or it
	// is not known, as before the first event of a history that was shortened.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Known says that Before is known.
	Known   bool          `json:"known"`
	Changes []FieldChange `json:"changes,omitempty"`
	// Error says why the event can't be handled any more; "" if it can.
	Error string `json:"error,omitempty"`
}

// FieldChange is a field that changed. Path is its JSON path, such as address.street or lines[2];
// "" for a value that changed as a whole. Before or After is nil if the field was or is not there.
type FieldChange struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// EventRecord is an event.
type EventRecord struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"` // as it is called today
	Author   string         `json:"author,omitempty"`
	Time     time.Time      `json:"time,omitzero"`
	Position brook.Position `json:"position,omitzero"` // zero: it came through no log
	Key      string         `json:"key,omitempty"`     // of the record, as text
	Version  int            `json:"version,omitempty"` // of the payload; 0: none is known
	Headers  []Header       `json:"headers,omitempty"`
	Data     Payload        `json:"data"`
	Origin   *Origin        `json:"origin,omitempty"` // nil: no handler emitted it, as far as is known
}

// Origin is what an event comes from.
type Origin struct {
	Cause string `json:"cause"` // the ID of the event whose handler emitted it
	// Author is who emitted it; Set is the handler set, or the type of the worker, and Position where
	// the cause is in the log, if this app emitted it and that is known.
	Author   string         `json:"author,omitempty"`
	Set      string         `json:"set,omitempty"`
	Position brook.Position `json:"position,omitzero"`
}

// Header is a header of an event or a record.
type Header struct {
	Key   string `json:"key"`
	Value string `json:"value"` // as a key's text: hex: and hexadecimal if it is no UTF-8
}
