package catalog

import (
	"context"
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// ErrOvertaken ends a rebuild whose number the state no longer has as the one that is built.
var ErrOvertaken = fmt.Errorf("%w: another process rebuilt, or does", brook.ErrConflict)

// switched reports whether the store has g as the live generation.
func (c *Catalog) switched(ctx context.Context, g *Generation) (bool, error) {
	s, err := c.ReadState(ctx)
	return err == nil && s.Generation == g.Number, err
}

// Build notes in the store that a generation is being made, so that what is left of it can be found. With an error it returns the
// one that is to be abandoned, nil if there is none.
func (c *Catalog) Build(ctx context.Context) (g *Generation, err error) {
	number := 0
	err = c.Update(ctx, func(next *State) error {
		if next.Building != 0 { // of another process, which finds that out when it is to switch; or what this one began in vain
			next.Dropped = append(next.Dropped, next.Building)
		}
		// A number comes once: a process that does not know yet that its views are given up still writes them, or removes others.
		number = max(next.Generation, slices.Max(append(slices.Clone(next.Dropped), next.Highest))) + 1
		next.Building, next.Highest = number, number
		next.Tables[number] = c.code.TableNames()
		c.Building = number
		return nil
	}, nil)
	if err != nil {
		if number == 0 {
			return nil, err
		}
		return &Generation{Number: number}, err // it may be stored all the same
	}
	if g, err = c.openGeneration(ctx, number); err != nil {
		return g, err
	}
	if err := c.drop(ctx, g); err != nil {
		return g, err
	}
	return g, c.recordShapes(ctx, g.Shapes)
}
