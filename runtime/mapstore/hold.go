package mapstore

import "sync"

// holds are the names that somebody has.
type holds struct {
	mu    sync.Mutex
	names map[string]bool
}

// Hold takes a name, and returns what gives it back; false where somebody has it.
func (s *Store) Hold(name string) (release func(), ok bool) {
	s.holds.mu.Lock()
	defer s.holds.mu.Unlock()
	if s.holds.names[name] {
		return nil, false
	}
	if s.holds.names == nil {
		s.holds.names = map[string]bool{}
	}
	s.holds.names[name] = true
	return func() {
		s.holds.mu.Lock()
		defer s.holds.mu.Unlock()
		delete(s.holds.names, name)
	}, true
}
