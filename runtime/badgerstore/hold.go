package badgerstore

import brook "github.com/brookgen/brookgen/runtime"

// Holds returns what the apps over the store know of each other.
func (s *Store) Holds() *brook.Holds { return &s.holds }
