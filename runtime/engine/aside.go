package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// asides are the events that the views of a generation put aside, by partition and offset: as dead letters that are there still, or that
// were dropped. A rebuild goes by those of the live views.
type asides map[partition.ID]map[int64][]aside

// aside is an event that was put aside for a handler set.
type aside struct {
	set     string   // that handles it now; "": every set
	key     []byte   // that it holds up; nil: none
	silent  bool     // it was acted on
	owes    []string // but not by these sets
	dropped bool
}

func (all asides) add(at brook.Position, one aside) {
	id := partition.Of(at)
	if all[id] == nil {
		all[id] = map[int64][]aside{}
	}
	all[id][at.Offset] = append(all[id][at.Offset], one)
}

func (all asides) at(p brook.Position) []aside { return all[partition.Of(p)][p.Offset] }

// owed reports whether a set never acted on an event, because it is a dead letter.
func (all asides) owed(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one aside) bool {
		return !one.dropped && (one.set == set || one.set == "") && (!one.silent || slices.Contains(one.owes, set))
	})
}

// has reports whether there is a dead letter of an event for a set, or for every set.
func (all asides) has(p brook.Position, set string) bool {
	return slices.ContainsFunc(all.at(p), func(one aside) bool { return !one.dropped && (one.set == set || one.set == "") })
}

// dropped names the sets for which an event was dropped; "" stands for all.
func (all asides) dropped(p brook.Position) (sets []string) {
	for _, one := range all.at(p) {
		if one.dropped {
			sets = append(sets, one.set)
		}
	}
	return sets
}

// silence says of a letter that a rebuild makes whether its event was acted on, and by which sets it was not.
func (all asides) silence(l *deadLetter) (silent bool, owes []string) {
	if l.Set != "" {
		return !all.owed(l.Position, l.Set), nil
	}
	for _, one := range all.at(l.Position) {
		switch {
		case one.dropped:
		case one.set == "":
			return one.silent, one.owes
		case all.owed(l.Position, one.set):
			owes = append(owes, one.set)
		}
	}
	return true, owes
}

// readAsides reads what a generation put aside, and calls each with the letters.
func (a *App) readAsides(ctx context.Context, g *generation, each func(*deadLetter) error) (asides, error) {
	all := asides{}
	// Letters first: one that is dropped meanwhile is among these or among those that were dropped.
	for row, err := range a.reader.Scan(ctx, g.letters, nil, nil) {
		if err != nil {
			return nil, err
		}
		l, err := decodeLetter(row.Value)
		if err != nil {
			return nil, err
		}
		if each != nil {
			if err := each(&l); err != nil {
				return nil, err
			}
		}
		if l.Stage != brook.StageEmit {
			all.add(l.Position, aside{set: a.setNow(l.Type, l.Set), key: l.Key, silent: l.Silent, owes: l.owes})
		}
	}
	for row, err := range a.reader.Scan(ctx, g.dropped, nil, nil) {
		if err != nil {
			return nil, err
		}
		d, err := decodeDropped(row)
		if err != nil {
			return nil, err
		}
		all.add(d.position, aside{set: a.setNow(d.Type, d.set), dropped: true})
	}
	return all, nil
}

// droppedLetter is what is kept of a letter that was dropped: a rebuild drops it too. Its key is that of the letter.
type droppedLetter struct {
	Type string
	ID   string

	position brook.Position
	set      string
}

// keepDropped writes down that a letter was dropped; it gives nothing where no rebuild can meet the event again.
func (l *deadLetter) keepDropped(t brook.Table) []brook.Write {
	if l.Stage == brook.StageEmit || l.Position.IsZero() {
		return nil
	}
	b, err := json.Marshal(droppedLetter{Type: text.Cut(l.Type, maxName), ID: text.Cut(l.ID, maxName)})
	if err != nil {
		panic(err) // two strings
	}
	return []brook.Write{{Table: t, Key: l.appendKey(nil), Value: b}}
}

func decodeDropped(row brook.Row) (d droppedLetter, err error) {
	r := key.Read(row.Key)
	id := partition.ReadID(&r)
	d.position = id.At(key.ReadInt[int64](&r))
	r.Bool()
	d.set = r.String()
	key.ReadInt[int](&r)
	if err = r.End(); err == nil {
		err = json.Unmarshal(row.Value.Data.([]byte), &d)
	}
	if err != nil {
		err = fmt.Errorf("brook: stored note of a dropped letter: %w", err)
	}
	return d, err
}

// forgetDropped forgets which letters were dropped whose records the log no longer has: no rebuild meets them.
func (a *App) forgetDropped(ctx context.Context) error {
	partitions, err := a.config.Driver.Partitions(ctx, a.topics...)
	if err != nil {
		return err
	}
	v, err := a.gate.RLock(ctx) // no rebuild promotes meanwhile
	if err != nil {
		return err
	}
	defer a.gate.Leave(v)
	if a.closed.Load() { // Close waits for nobody any more
		return brook.ErrClosed
	}
	t := a.live.Load().dropped
	var writes []brook.Write
	for _, p := range partitions {
		id := partition.ID{Topic: p.Topic, Number: p.Number}
		from := id.AppendKey(nil)
		for row, err := range a.reader.Scan(ctx, t, from, key.AppendInt(bytes.Clone(from), p.Start)) {
			if err != nil {
				return err
			}
			writes = append(writes, brook.Write{Table: t, Key: bytes.Clone(row.Key), Op: brook.Remove})
		}
	}
	return inParts(writes, func(part []brook.Write) error { return a.store.Commit(ctx, &brook.Batch{Writes: part}) })
}
