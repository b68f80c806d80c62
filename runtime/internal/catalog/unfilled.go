package catalog

// Unfilled is an index that is to be filled, or whose values are to be looked at for what must be there once.
type Unfilled struct {
	Ord, X int
	Slot   int
	Kept   KeptIndex
}

// Unfilled returns the indexes of the live generation that are not all that the code says of them. The caller holds the gate.
func (c *Catalog) Unfilled() (all []Unfilled) {
	if c.State.Folds != c.code.Contract {
		return nil
	}
	for ord, info := range c.code.Layout.Collections {
		for x, index := range info.Indexes {
			kept := c.State.Kept[info.EntriesName(index)]
			if !kept.Whole || index.Unique && !kept.Once {
				all = append(all, Unfilled{ord, x, c.code.Layout.Index[ord][x], kept})
			}
		}
	}
	return all
}

// WantFill has it looked what is to be filled.
func (c *Catalog) WantFill() { c.Fills.Set() }
