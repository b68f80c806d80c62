package deadletter

import (
	"encoding/json"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// SetAside are the events that the views of a generation put aside, by partition and offset: as dead letters that are there still, or that
// were dropped. A rebuild goes by those of the live views.
type SetAside map[partition.ID]map[int64][]Event

// Event is an event that was put aside for a handler set.
type Event struct {
	Set     string   // that handles it now; "": every set
	Key     []byte   // that it holds up; nil: none
	Silent  bool     // it was acted on
	Owes    []string // but not by these sets
	Dropped bool
}

func (all SetAside) Add(at brook.Position, one Event) {
	id := partition.Of(at)
	if all[id] == nil {
		all[id] = map[int64][]Event{}
	}
	all[id][at.Offset] = append(all[id][at.Offset], one)
}

func (all SetAside) at(p brook.Position) []Event { return all[partition.Of(p)][p.Offset] }

// Owed reports whether a set never acted on an event, because it is a dead letter.
func (all SetAside) Owed(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one Event) bool {
		return !one.Dropped && (one.Set == set || one.Set == "") && (!one.Silent || slices.Contains(one.Owes, set))
	})
}

// Has reports whether there is a dead letter of an event for a set, or for every set.
func (all SetAside) Has(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one Event) bool { return !one.Dropped && (one.Set == set || one.Set == "") })
}

// Dropped names the sets for which an event was dropped; "" stands for all.
func (all SetAside) Dropped(p brook.Position) (sets []string) {
	for _, one := range all.at(p) {
		if one.Dropped {
			sets = append(sets, one.Set)
		}
	}
	return sets
}

// Silence says of a letter that a rebuild makes whether its event was acted on, and by which sets it was not.
func (all SetAside) Silence(l *Letter) (silent bool, owes []string) {
	if l.Set != "" {
		return !all.Owed(l.Position, l.Set), nil
	}
	for _, one := range all.at(l.Position) {
		switch {
		case one.Dropped:
		case one.Set == "":
			return one.Silent, one.Owes
		case all.Owed(l.Position, one.Set):
			owes = append(owes, one.Set)
		}
	}
	return true, owes
}

// Dropped is what is kept of a letter that was dropped: a rebuild drops it too. Its key is that of the letter.
type Dropped struct {
	Type string
	ID   string

	Position brook.Position `json:"-"` // from the key
	Set      string         `json:"-"`
}

// WriteDropped writes down that a letter was dropped; it gives nothing where no rebuild can meet the event again.
func (l *Letter) WriteDropped(t brook.Table) []brook.Write {
	if l.Stage == brook.StageEmit || l.Position.IsZero() {
		return nil
	}
	b, err := json.Marshal(Dropped{Type: text.Cut(l.Type, maxName), ID: text.Cut(l.ID, maxName)})
	if err != nil {
		panic(err) // two strings
	}
	return []brook.Write{{Table: t, Key: l.AppendKey(nil), Value: b}}
}

func DecodeDropped(row brook.Row) (d Dropped, err error) {
	r := key.Read(row.Key)
	id := partition.ReadID(&r)
	d.Position = id.At(key.ReadInt[int64](&r))
	r.Bool()
	d.Set = r.String()
	key.ReadInt[int](&r)
	if err = r.End(); err == nil {
		err = json.Unmarshal(row.Value.Data.([]byte), &d)
	}
	if err != nil {
		err = fmt.Errorf("brook: stored note of a dropped letter: %w", err)
	}
	return d, err
}
