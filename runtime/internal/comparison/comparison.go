// Package comparison compares the rows of two generations of views at one instant.
//
// Whoever rebuilds views uses it, from one goroutine. It reads, and changes nothing.
package comparison

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/shapes"
	"github.com/brookgen/brookgen/runtime/internal/values"
	"github.com/brookgen/brookgen/runtime/pack"
)

// Comparison compares the collections of the live generation with those of a rebuilt one.
type Comparison struct {
	Collections   []*brook.Collection
	Reader        brook.Reader // of one instant
	Live, Rebuilt Rows
}

// Rows are the rows of a generation, by ordinal of the collection. A store of bytes returns their
// values as it has them.
type Rows struct {
	Tables []brook.Table
	Shapes *shapes.Shapes
}

// Run returns how the rows differ, by collection.
func (c *Comparison) Run(ctx context.Context) (all []brook.CollectionDiff, err error) {
	for ord, def := range c.Collections {
		schema, err := pack.ParseSchema(def.Schema)
		if err != nil {
			return nil, fmt.Errorf("brook: %s: its shape: %w: %w",
				def.Name, err, brook.ErrPermanent)
		}
		t := tally{
			def: def, schema: schema,
			live:    values.NewReader(def, schema, c.Live.Shapes),
			rebuilt: values.NewReader(def, schema, c.Rebuilt.Shapes),
			diff:    brook.CollectionDiff{Name: def.Name, Fields: map[string]int{}},
		}
		if err := c.merge(ctx, ord, &t); err != nil {
			return nil, fmt.Errorf("brook: compare %s: %w", def.Name, err)
		}
		all = append(all, t.diff)
	}
	return all, nil
}

// merge walks the rows of both generations side by side, in key order.
func (c *Comparison) merge(ctx context.Context, ord int, t *tally) error {
	live, stop := iter.Pull2(c.Reader.Scan(ctx, c.Live.Tables[ord], nil, nil))
	defer stop()
	rebuilt, stop := iter.Pull2(c.Reader.Scan(ctx, c.Rebuilt.Tables[ord], nil, nil))
	defer stop()
	was, wasErr, before := live()
	is, isErr, after := rebuilt()
	for before || after {
		if err := errors.Join(wasErr, isErr); err != nil {
			return err
		}
		order := bytes.Compare(was.Key, is.Key)
		switch {
		case !before:
			order = 1
		case !after:
			order = -1
		}
		var err error
		switch {
		case order < 0:
			err = t.removed(was)
		case order > 0:
			err = t.added(is)
		default:
			err = t.both(was, is)
		}
		if err != nil {
			return err
		}
		if order <= 0 {
			was, wasErr, before = live()
		}
		if order >= 0 {
			is, isErr, after = rebuilt()
		}
	}
	return nil
}
