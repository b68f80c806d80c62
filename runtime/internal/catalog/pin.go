package catalog

// Pin returns the live generation, which this process does not remove until Unpin. The caller
// folds, or has called Confirm.
func (c *Catalog) Pin() *Generation {
	for {
		if g, ok := c.tryPin(); ok {
			return g
		}
	}
}

// tryPin is Pin, but returns false if the generation was replaced in between and is being removed.
func (c *Catalog) tryPin() (*Generation, bool) {
	g := c.live.Load()
	return g, g.pins.Pin()
}

// Unpin ends a read of g. The last one of a generation that was replaced makes it be removed, by
// the app of the name that folds, too.
func (c *Catalog) Unpin(g *Generation) {
	if !g.pins.Unpin() || c.live.Load().Number == g.Number {
		return
	}
	c.SweepSoon()
	c.hold.Rouse()
}
