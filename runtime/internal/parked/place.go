package parked

import (
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/schema"
	"github.com/brookgen/brookgen/runtime/key"
)

// Places translates rows that handlers ask for in vain between the slots that transactions know and
// the names that are stored. It does not change.
type Places struct {
	names []string       // of tables, by slot
	slots map[string]int // by name
	index []key.Shape    // of the values of an index, by slot; "": its rows are a collection's
}

// NewPlaces returns the places of a layout.
func NewPlaces(layout *schema.Layout) *Places {
	p := &Places{
		names: make([]string, layout.Slots), slots: map[string]int{},
		index: make([]key.Shape, layout.Slots),
	}
	for ord, info := range layout.Collections {
		p.names[layout.Rows[ord]] = plan.RowsTable(info.Name)
		for x, index := range info.Indexes {
			slot := layout.Index[ord][x]
			p.names[slot] = plan.IndexTable(info.Name, index.Field)
			p.index[slot] = index.Shape
		}
	}
	for slot, name := range p.names {
		p.slots[name] = slot
	}
	return p
}

// Row returns the row of a slot and a key, or of an index and a value.
func (p *Places) Row(slot int, key []byte) Row { return Row{p.names[slot], key} }

// found returns by what a row of a slot is found that a handler may ask for: by its key, and an
// entry of an index by its value.
func (p *Places) found(slot int, key []byte) []byte {
	shape := p.index[slot]
	if shape == "" {
		return key
	}
	n, err := shape.Len(key, shape.Parts())
	if err != nil {
		return nil
	}
	return key[:n]
}
