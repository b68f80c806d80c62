package engine

import (
	"fmt"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/delivery"
	"github.com/brookgen/brookgen/runtime/internal/plan"
)

// Bury returns the tombstone, or nil if its key can't be read, or no handler may run. What it
// returns is overwritten by the next one: handlers are given a copy. The goroutine that delivers
// the tombstone calls it. It is compiled for each event of each user whose tombstones are handled.
// Generated code uses it.
//
//go:noinline
func Bury[K comparable, E any](
	m *delivery.Delivery, def *brook.EventDef, decodeKey func(encoded []byte) (K, error),
) *brook.Tombstone[K, E] {
	e, ok := m.Scratch.(*brook.Tombstone[K, E])
	if !ok {
		e = new(brook.Tombstone[K, E])
		m.Scratch = e
	}
	if !entombed(m, def) {
		return nil
	}
	var err error
	if e.Key, err = decodeKey(m.Key); err != nil {
		m.DecodeErr = fmt.Errorf("the key of the tombstone: %w", err)
		return nil
	}
	if !m.Started(def.Info()) {
		return nil
	}
	inscribe(m, &e.Position, &e.Time, &e.Headers)
	return e
}

// entombed reads the key of a tombstone, and reports whether it could be read.
func entombed(m *delivery.Delivery, def *brook.EventDef) bool {
	m.Known = true
	encoded, err := m.GivenKey(def.Shape)
	if err != nil {
		m.DecodeErr = fmt.Errorf("the key of the tombstone: %w", err)
		return false
	}
	m.Key = append(m.Key[:0], encoded...)
	return true
}

// inscribe copies what else is known of a tombstone to where the pointers point.
//
//go:noinline
func inscribe(m *delivery.Delivery, at *brook.Position, when *time.Time, headers *[]brook.Header) {
	*at, *when = m.Position, m.Message.Time
	_, *headers = m.Lasting()
}

// checkTombstones returns why handlers can't take tombstones, or nil.
func checkTombstones(c *brook.Config, code *plan.Code, def *delivery.Definition) error {
	for _, e := range def.Events {
		if e.Tombstone && delivery.Unkeyed(c.Envelope) {
			return fmt.Errorf("%w: handlers take %s, and the envelope's record keys are not the "+
				"events' keys: it is not known which key a null value is of", brook.ErrConfig, e.Type)
		}
	}
	if conflict := code.TombstoneConflict(brook.TombstoneSuffix); conflict != "" {
		return fmt.Errorf("%w: %s", brook.ErrConfig, conflict)
	}
	return nil
}
