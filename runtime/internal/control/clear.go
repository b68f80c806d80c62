package control

import (
	"context"
	"fmt"
	"slices"
)

// Clear removes every row of the collections named, or of all, with histories and index entries.
func (x *Calls) Clear(ctx context.Context, collections ...string) error {
	s := x.Tasks
	if err := s.Lock.Lock(ctx); err != nil {
		return err
	}
	defer s.Lock.Unlock()
	if err := s.Catalog.Claim.TakeLocked(ctx); err != nil {
		return err
	}
	known := make([]string, len(s.Code.Layout.Collections))
	for ord, info := range s.Code.Layout.Collections {
		known[ord] = info.Name
	}
	for _, name := range collections {
		if !slices.Contains(known, name) {
			return fmt.Errorf("brook: clear: there is no collection %q, but %q", name, known)
		}
	}
	t := x.Exclusive.Begin(nil)
	defer t.End()
	for ord, name := range known {
		if len(collections) > 0 && !slices.Contains(collections, name) {
			continue
		}
		for more := true; more; {
			var err error
			if more, err = t.RemoveSome(ctx, s.Code.Layout.Rows[ord]); err != nil {
				return fmt.Errorf("brook: clear %s: %w", name, err)
			}
		}
	}
	return nil
}
