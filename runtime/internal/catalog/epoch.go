package catalog

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// BumpEpoch returns what writes a partition's position anew, one epoch on, so that every other process that folds it reads its dead
// letters again. The caller holds the gate.
func (c *Catalog) BumpEpoch(ctx context.Context, id partition.ID) ([]brook.Write, []brook.Check, error) {
	if !c.Fenced() {
		return nil, nil, nil
	}
	g := c.Live.Load()
	k := id.AppendKey(nil)
	checks := []brook.Check{c.Unchanged()}
	v, err := c.Reader.Get(ctx, g.Positions, k)
	if errors.Is(err, brook.ErrNotFound) {
		return nil, append(checks, brook.Check{Table: g.Positions, Key: k}), nil
	}
	if err != nil {
		return nil, nil, err
	}
	_, s, err := partition.Decode(k, v.Data.([]byte))
	if err != nil {
		return nil, nil, err
	}
	s.Epoch++
	checks = append(checks, brook.Check{Table: g.Positions, Key: k, Value: v.Data.([]byte)})
	return []brook.Write{{Table: g.Positions, Key: k, Value: s.Encode()}}, checks, nil
}
