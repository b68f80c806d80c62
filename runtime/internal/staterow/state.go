package staterow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// layoutVersion is the version of what an app keeps in its store: see Layout in ARCHITECTURE.md.
const layoutVersion = 3

// State is what the store holds of the app as a whole, as the state row has it, in JSON. Its maps
// and slices never change in place: a change gets a copy.
type State struct {
	Layout     int
	Generation int   // the live one
	Building   int   // one under construction, or whose construction was given up; 0: none
	Highest    int   `json:",omitempty"` // the highest number that a construction had
	Dropped    []int // obsolete generations that may have left rows behind

	// Folds is the contract of the code that folds into the live generation; "" if no code has yet.
	// The first commit of code with another contract changes it, so that commits of the others fail
	// from then on.
	Folds string `json:",omitempty"`
	// Made is what the rows of the live generation are made from, by collection.
	Made map[string]plan.Origin `json:",omitempty"`
	// Former has the present names of sets that had other names when letters were made, by event
	// type and former name.
	Former map[string]string `json:",omitempty"`
	// Foreign are event types that the code that made the rows does not know, though code that folded
	// here before did: that code passes them over.
	Foreign []string `json:",omitempty"`
	// Mixed is set if code that makes rows from something else than Made has folded into the live
	// generation, too.
	Mixed bool `json:",omitempty"`
	// Kept are the indexes that every commit keeps up, by collection, field and shape of values.
	Kept map[string]KeptIndex `json:",omitempty"`
	// Serial counts the tables of indexes that were added to a generation after its first commit.
	Serial int `json:",omitempty"`
	// Fingerprint and Indexes are what layout 2 had in place of Made and Kept.
	Fingerprint, Indexes []string `json:",omitempty"`

	// Replaced is when those of Dropped that were live were replaced, by the clock of the process
	// that replaced them.
	Replaced map[int]time.Time `json:",omitempty"`
	// Retained is the replaced generation that is kept for the code that made it; nil: none is. It is
	// one of Dropped, or Building while it is revived. It is whole: Retained is cleared before
	// anything is removed.
	Retained *Retained `json:",omitempty"`
	// Tables names the tables of rows and indexes that a generation may have rows in: the code that
	// removes it may no longer know them.
	Tables map[int][]string
	// Promoting is set if a process asks the others to wait for its promotion.
	Promoting *Promotion `json:",omitempty"`
	// Stamp is the ID of the commit that wrote the row: a process that lost the answer to its
	// commit recognizes it.
	Stamp string `json:",omitempty"`

	raw []byte // as stored; nil: it is not stored yet
}

// Promotion is what a process writes into the state if it can't promote what it built because
// others commit all the time. Their next commit fails, as the state is another one; they find the
// request then, and wait for it.
type Promotion struct {
	Generation int    // to be promoted
	ID         string // of the request: no process waits twice for one
}

// Retained is a generation that was live and could become so again. It does not change.
type Retained struct {
	Generation int
	Stood      partition.StoredPositions // up to where it was folded when it was replaced
	// Folds and the rest are what the state had of it when it was the live one.
	Folds   string
	Made    map[string]plan.Origin
	Former  map[string]string    `json:",omitempty"`
	Kept    map[string]KeptIndex `json:",omitempty"`
	Foreign []string             `json:",omitzero"` // nil: it was retained before this was noted
}

// KeptIndex is an index of the live generation, as the state has it.
type KeptIndex struct {
	Table string // name in the generation
	Whole bool   // it has the entries of all rows; else it is being filled
	Once  bool   // no two rows have the same value, since the field is unique
}

// rowKey is the key of the state row. Its table has rows of other packages, too.
var rowKey = []byte("state")

// IsKey reports whether key is that of the state row, in the table that Table returns.
func IsKey(key []byte) bool { return bytes.Equal(key, rowKey) }

// clone returns a copy for a change to work on, with maps that are not nil.
func (s *State) clone() State {
	next := *s
	next.Dropped = slices.Clone(s.Dropped)
	if next.Replaced = maps.Clone(s.Replaced); next.Replaced == nil {
		next.Replaced = map[int]time.Time{}
	}
	if next.Kept = maps.Clone(s.Kept); next.Kept == nil {
		next.Kept = map[string]KeptIndex{}
	}
	if next.Tables = maps.Clone(s.Tables); next.Tables == nil {
		next.Tables = map[int][]string{}
	}
	return next
}

// decode decodes the state row of the app of a name.
func decode(name string, raw []byte) (s State, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("brook: %s: the state in the store is damaged: %w: %w",
			name, err, brook.ErrPermanent)
	}
	if s.Layout > layoutVersion {
		return s, fmt.Errorf("brook: %s: the store has layout %d, and this runtime knows layouts"+
			" up to %d: use the brook version that wrote it, or a newer one",
			name, s.Layout, layoutVersion)
	}
	s.raw = bytes.Clone(raw)
	s.upgrade()
	return s, nil
}
