package brook

import "time"

// HistoryEntry is one event in the history of a row, as a store keeps it. Once committed it is
// shared and never changes.
type HistoryEntry struct {
	Position Position // zero for an event that did not come through the log
	ID       string
	Type     string
	Author   string
	Cause    string
	Time     time.Time
	Key      []byte
	Headers  []Header
	Data     []byte // the payload as JSON
}
