package deadletter

import (
	"encoding/json"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/text"
	"github.com/brookgen/brookgen/runtime/key"
)

// Dropped is what is kept of a letter that was dropped, so that a rebuild drops it too. It is
// stored as JSON under the letter's key.
type Dropped struct {
	Type string
	ID   string

	Position brook.Position `json:"-"` // from the key
	Set      string         `json:"-"`
}

// WriteDropped returns the writes that keep that a letter was dropped: none if no rebuild can come
// to the event again.
func (l *Letter) WriteDropped(t brook.Table) []brook.Write {
	if l.AfterCommit() || l.Position.IsZero() {
		return nil
	}
	b, err := json.Marshal(Dropped{Type: text.Cut(l.Type, maxName), ID: text.Cut(l.ID, maxName)})
	if err != nil {
		panic(err) // two strings
	}
	return []brook.Write{{Table: t, Key: l.AppendKey(nil), Value: b}}
}

// DecodeDropped returns what is kept of a dropped letter. The error wraps ErrPermanent.
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
		err = fmt.Errorf("brook: stored note of a dropped letter: %w: %w", err, brook.ErrPermanent)
	}
	return d, err
}
