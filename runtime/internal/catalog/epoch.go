package catalog

import (
	"context"
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// BumpEpoch returns what writes a partition's position with the next epoch, so that every other
// process that folds the partition reads its dead letters again. Of a store that only this process
// writes, that is nothing. The caller holds or visits the quiesce lock.
func (c *Catalog) BumpEpoch(ctx context.Context,
	id partition.ID) ([]brook.Write, []brook.Check, error) {
	if !c.Fenced() {
		return nil, nil, nil
	}
	g := c.Current.Load()
	k := id.AppendKey(nil)
	checks := []brook.Check{c.Unchanged()}
	v, err := c.reader.Get(ctx, g.Positions, k)
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
