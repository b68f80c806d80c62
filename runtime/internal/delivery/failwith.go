package delivery

import (
	"errors"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// Speak takes what the set of that name publishes because it failed with err, which Handle did not
// take for a failure, and returns the error as speak does.
func (d *Delivery) Speak(set string, err error) error {
	return d.speak(slices.Index(d.def.Sets, set), err)
}

// speak takes what a set that failed publishes because of it, and returns the error; with what is
// wrong with that, if anything is, and then nothing of it is published.
func (d *Delivery) speak(set int, err error) error {
	var failure interface{ Emissions() []brook.Outgoing }
	if !errors.As(err, &failure) {
		return err
	}
	from := len(d.Emissions)
	for _, out := range failure.Emissions() {
		e, wrong := d.failed(set, out)
		if wrong != nil {
			clear(d.Emissions[from:])
			d.Emissions = d.Emissions[:from]
			return fmt.Errorf("%w (and nothing is published of it: %w)", err, wrong)
		}
		e.Ordinal = len(d.Emissions) - from
		d.Emissions = append(d.Emissions, e)
	}
	return err
}

// failed encodes what a set publishes because it failed.
func (d *Delivery) failed(set int, out brook.Outgoing) (Emission, error) {
	e := Emission{Set: set, Failed: true}
	if out == nil {
		return e, errors.New("brook: FailWith of a nil emission")
	}
	data := brook.DataOf(out)
	def := d.def.EventOf(data)
	if def == nil {
		return e, fmt.Errorf("brook: FailWith of %T, which is no event of this package", data)
	}
	for i := range d.def.Handlers {
		h := &d.def.Handlers[i]
		if h.Set == set && h.Event == d.Message.Type && !slices.Contains(h.Emits, def.Type) {
			return e, fmt.Errorf("brook: FailWith of %s, which %s.%s does not have as a result: "+
				"give it one of type brook.Emission", def.Type, d.def.Sets[set], h.Name)
		}
	}
	brook.Encode(&e.Out, def, data)
	return e, e.Out.Err
}
