package brook

import (
	"fmt"
	"runtime/debug"

	"github.com/brookgen/brookgen/runtime/wire"
)

// EventVersion is an earlier version of an event: payloads that are read and never written.
// Generated code uses it.
type EventVersion struct {
	// When is a member that only payloads of this version have, by which those without a version
	// are recognized; "": none is known.
	When string
	// Decode returns the value of a payload.
	Decode func(payload []byte) (any, error)
	// Upcaster is the name of the method that Upcast calls.
	Upcaster string
	// Upcast returns the value of the next version that a value of this one becomes.
	Upcast func(value any) (any, error)
}

// Read decodes a payload of any version into data, a pointer to the payload of today. version is
// what the producer said, 0 if it said nothing. Read returns the version that the payload was taken
// for: what was said; else the lowest one whose member When the payload has; else, if some version
// has such a member, that of today; else 1. It returns 0 if the event has no versions and nothing
// was said. With an error, what it makes of data is of no use.
func (d *EventDef) Read(version int, payload []byte, data any) (int, error) {
	if d.Version == 0 && version <= 1 {
		return version, d.safe(payload, d.Decode(payload, data))
	}
	today := max(d.Version, 1)
	if version == 0 {
		version = d.versionOf(payload)
	}
	switch {
	case version == today:
		return version, d.safe(payload, d.Decode(payload, data))
	case version > today:
		return version, fmt.Errorf("the payload has version %d of %s, and this code knows none "+
			"above %d: run code that knows it, and redrive the event", version, d.Type, today)
	}
	return version, d.upcast(d.Earlier[version-1:], payload, data)
}

// versionOf returns the version of a payload whose producer said none.
func (d *EventDef) versionOf(payload []byte) int {
	asked := d.When != ""
	for i := range d.Earlier {
		asked = asked || d.Earlier[i].When != ""
	}
	if !asked {
		return 1
	}
	found := d.Version
	at := wire.NewDecoder(payload)
	for i := 0; ; i++ {
		name, ok := at.Member(i)
		if !ok {
			return found
		}
		name = wire.Unquote(name)
		for v := range found - 1 {
			if when := d.Earlier[v].When; when != "" && when == string(name) {
				found = v + 1
				break
			}
		}
		at.Skip()
	}
}

// upcast decodes a payload of the first of some versions, and makes it a payload of today.
func (d *EventDef) upcast(versions []EventVersion, payload []byte, data any) error {
	value, err := versions[0].Decode(payload)
	err = d.safe(payload, err)
	for i := range versions {
		if err != nil {
			return err
		}
		value, err = versions[i].next(value)
	}
	if err == nil {
		d.Set(data, value)
	}
	return err
}

// next calls the upcaster of a version.
func (v *EventVersion) next(value any) (next any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
		if err != nil {
			err = fmt.Errorf("upcaster %s: %w", v.Upcaster, err)
		}
	}()
	return v.Upcast(value)
}
