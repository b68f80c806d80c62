package brook

import (
	"errors"
	"fmt"
)

// Stray tells of an event that was undone and run alone, with all other lanes at rest: in parallel lanes an event may touch only rows
// whose key begins with its own. What it found there, others may have written before or after it when the log is folded anew.
type Stray struct {
	Position Position
	Type     string
	// Handler is Set.Method, a handler that is asserted to be partitioned and is not. It is "" where the record is keyed otherwise than
	// the event, or lies in another partition than its key's.
	Handler string
}

// errStray makes a handler fail early whose event is to run alone.
var errStray = errors.New("brook: the key does not begin with the event's key")

// strayed tells which handler led the event astray.
func (m *Delivery) strayed() Stray {
	s := Stray{Position: m.position, Type: m.message.Type}
	if m.foreign {
		return s
	}
	for i := range m.def.Handlers {
		if h := &m.def.Handlers[i]; h.Set == m.set && h.Event == s.Type {
			s.Handler = m.def.name(h)
		}
	}
	return s
}

// reason says why an event strays.
func (s *Stray) reason() string {
	if s.Handler == "" {
		return "its record is not keyed with the event's key, or lies in another partition than that key's"
	}
	return s.Handler + " touches a key that does not begin with the event's key"
}

// barred is the failure of an event that strays where other members' lanes can't be made to rest.
func (s *Stray) barred() error {
	return fmt.Errorf("%w: %s, and among the members of a group it can't run alone: Redrive applies it", errStray, s.reason())
}

// tellStray tells hooks and log of an event that ran alone.
func (a *App) tellStray(s Stray, n int) {
	if a.config.Hooks.Stray != nil {
		a.config.Hooks.Stray(s)
	}
	if logged(n) {
		a.config.Log.Warn("brook: an event ran alone: "+s.reason(), "app", a.config.Name, "position", s.Position.String(), "type", s.Type, "strays", n)
	}
}
