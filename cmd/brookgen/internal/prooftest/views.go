package prooftest

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Got is proved.
type Got struct{}

//brook:handle
func (Got) Handle(e placed, all rows) (c changed, err error) {
	_, err = all.Get(e.Data.ID)
	return c, err
}

// GotOther is open.
type GotOther struct{}

//brook:handle
func (GotOther) Handle(e placed, all rows) (c changed, err error) {
	_, err = all.Get(e.Data.Org)
	return c, err
}

// HasOther is open.
type HasOther struct{}

//brook:handle
func (HasOther) Handle(e placed, all rows) (c changed, err error) {
	_, err = all.Has(e.Data.Org)
	return c, err
}

// GotInLine is proved.
type GotInLine struct{}

//brook:handle
func (GotInLine) Handle(e placed, all lines) error {
	_, err := all.Get(LineKey{e.Data.ID, 1})
	return ignored(err)
}

// GotOwnWithMust is proved.
type GotOwnWithMust struct{}

//brook:handle
func (GotOwnWithMust) Handle(e placed, all rows) changed {
	return brook.Create(e.Data.ID, brook.Must(all.Get(e.Data.ID)))
}

// GotWithMust is open.
type GotWithMust struct{}

//brook:handle
func (GotWithMust) Handle(e placed, all rows) changed {
	return brook.Create(e.Data.ID, brook.Must(all.Get(e.Data.Org)))
}

// GotLater is open.
type GotLater struct{}

//brook:handle
func (GotLater) Handle(e placed, all rows) changed {
	return brook.Merge(e.Data.ID, func(r *Row) { *r, _ = all.Get(e.Data.ID) })
}

// GotInClosure is open.
type GotInClosure struct{}

//brook:handle
func (GotInClosure) Handle(e placed, all rows) changed {
	get := func(id string) { _, _ = all.Get(id) }
	get(e.Data.Org)
	return changed{}
}

// GotByMethodValue is open.
type GotByMethodValue struct{}

//brook:handle
func (GotByMethodValue) Handle(e placed, all rows) changed {
	get := all.Get
	_, _ = get(e.Data.Org)
	return changed{}
}

// GotByMethodExpression is open.
type GotByMethodExpression struct{}

//brook:handle
func (GotByMethodExpression) Handle(e placed, all rows) changed {
	_, _ = brook.View[string, Row].Get(all, e.Data.Org)
	return changed{}
}

// GotFromCopy is open.
type GotFromCopy struct{}

//brook:handle
func (GotFromCopy) Handle(e placed, all rows) changed {
	v := all
	_, _ = v.Get(e.Data.Org)
	return changed{}
}

// GotFromStruct is open.
type GotFromStruct struct{}

//brook:handle
func (GotFromStruct) Handle(e placed, all rows) changed {
	s := struct{ v rows }{all}
	_, _ = s.v.Get(e.Data.Org)
	return changed{}
}

// GotFromInterface is open.
type GotFromInterface struct{}

//brook:handle
func (GotFromInterface) Handle(e placed, all rows) changed {
	var g getter = all
	_, _ = g.Get(e.Data.Org)
	return changed{}
}

// GotFromSlice is open.
type GotFromSlice struct{}

//brook:handle
func (GotFromSlice) Handle(e placed, all rows) changed {
	for _, v := range []rows{all} {
		_, _ = v.Get(e.Data.Org)
	}
	return changed{}
}

// GotThroughAddress is open.
type GotThroughAddress struct{}

//brook:handle
func (GotThroughAddress) Handle(e placed, all rows) changed {
	v := &all
	_, _ = (*v).Get(e.Data.Org)
	return changed{}
}

// GotInGoroutine is open.
type GotInGoroutine struct{}

//brook:handle
func (GotInGoroutine) Handle(e placed, all rows) changed {
	done := make(chan bool)
	go func() {
		_, _ = all.Get(e.Data.ID)
		close(done)
	}()
	<-done
	return changed{}
}

// Scanned is open.
type Scanned struct{}

//brook:handle
func (Scanned) Handle(e placed, all rows) changed {
	for range all.All() {
		break
	}
	return changed{}
}

// Counted2 is open.
type Counted2 struct{}

//brook:handle
func (Counted2) Handle(e placed, all rows) changed {
	_, _ = all.Len()
	return changed{}
}

// Mapped is open.
type Mapped struct{}

//brook:handle
func (Mapped) Handle(e placed, all rows) changed {
	_, _ = brook.Map(all.All())
	return changed{}
}

// Collected is proved.
type Collected struct{}

//brook:handle
func (Collected) Handle(e placed, all brook.View[LineKey, Line]) changed {
	_, _ = brook.Map(all.Prefix(LineKey{ID: e.Data.ID}, 1))
	_, _ = brook.Values(all.Prefix(LineKey{ID: e.Data.ID}, 1))
	return changed{}
}

// Prefixed is proved.
type Prefixed struct{}

//brook:handle
func (Prefixed) Handle(e placed, all lines) (c []line) {
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, 1) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// PrefixedByField is proved.
type PrefixedByField struct{}

//brook:handle
func (PrefixedByField) Handle(e placed, all lines) (c []changed) {
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, 1) {
		c = append(c, brook.Delete[Row](entry.Key.ID))
	}
	return c
}

// PrefixedRebuilt is proved.
type PrefixedRebuilt struct{}

//brook:handle
func (PrefixedRebuilt) Handle(e placed, all lines) (c []line) {
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, 1) {
		c = append(c, brook.Create(LineKey{entry.Key.ID, entry.Key.No + 1}, entry.Value))
	}
	return c
}

// PrefixedChanged is open.
type PrefixedChanged struct{}

//brook:handle
func (PrefixedChanged) Handle(e placed, all lines) (c []line) {
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, 1) {
		entry.Key.ID = e.Data.Org
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// PrefixedByTwo is proved.
type PrefixedByTwo struct{}

//brook:handle
func (PrefixedByTwo) Handle(e placed, all lines) (c []line) {
	for entry := range all.Prefix(LineKey{ID: e.Data.ID, No: 2}, 2) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// PrefixedByOther is open.
type PrefixedByOther struct{}

//brook:handle
func (PrefixedByOther) Handle(e placed, all lines) (c []line) {
	for entry := range all.Prefix(LineKey{ID: e.Data.Org}, 1) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// PrefixedByVariable is open.
type PrefixedByVariable struct{}

//brook:handle
func (PrefixedByVariable) Handle(e placed, all lines) (c []line) {
	n := 1
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, n) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// PrefixedTooShort is open.
type PrefixedTooShort struct{}

//brook:handle
func (PrefixedTooShort) Handle(e moved, all pairs) (c []brook.Change[PairKey, Pair]) {
	for entry := range all.Prefix(PairKey{e.Data.Org, e.Data.ID}, 1) {
		c = append(c, brook.Delete[Pair](entry.Key))
	}
	return c
}

// PrefixedPair is proved.
type PrefixedPair struct{}

//brook:handle
func (PrefixedPair) Handle(e moved, all brook.View[TripleKey, Triple]) (c []brook.Change[TripleKey, Triple]) {
	rows := all.Prefix(TripleKey{Pair: PairKey{e.Data.Org, e.Data.ID}}, 1)
	for entry := range rows {
		c = append(c, brook.Delete[Triple](entry.Key))
	}
	return c
}

// PrefixedByGeneric is proved.
type PrefixedByGeneric struct{}

//brook:handle
func (PrefixedByGeneric) Handle(e placed, all lines) (c []line, err error) {
	return deleteUnder(all, LineKey{ID: e.Data.ID}, 1)
}

// PrefixedByGenericOther is open.
type PrefixedByGenericOther struct{}

//brook:handle
func (PrefixedByGenericOther) Handle(e placed, all lines) (c []line, err error) {
	return deleteUnder(all, LineKey{ID: e.Data.Org}, 1)
}

// PrefixedByGenericNumber is open.
type PrefixedByGenericNumber struct{}

//brook:handle
func (PrefixedByGenericNumber) Handle(e placed, all lines) (c []line, err error) {
	return deleteUnder(all, LineKey{ID: e.Data.ID}, int(e.Data.N))
}

// PrefixedByGenericThree is open.
type PrefixedByGenericThree struct{}

//brook:handle
func (PrefixedByGenericThree) Handle(e brook.Event[Nested], all brook.View[TripleKey, Leaf]) (c []brook.Change[TripleKey, Leaf], err error) {
	return deleteUnder(all, TripleKey(e.Data.At), 2)
}

// PrefixedThree is proved.
type PrefixedThree struct{}

//brook:handle
func (PrefixedThree) Handle(e brook.Event[Nested], all brook.View[TripleKey, Leaf]) (c []brook.Change[TripleKey, Leaf]) {
	for entry := range all.Prefix(e.Data.At, 2) {
		c = append(c, brook.Delete[Leaf](entry.Key))
	}
	return c
}

// PrefixedByGenericShort is open.
type PrefixedByGenericShort struct{}

//brook:handle
func (PrefixedByGenericShort) Handle(e moved, all pairs) (c []brook.Change[PairKey, Pair], err error) {
	return deleteUnder(all, PairKey{e.Data.Org, e.Data.ID}, 1)
}

// Variadic is proved.
type Variadic struct{}

//brook:handle
func (Variadic) Handle(e placed) []changed {
	return putEach(e.Data.ID, 1, 2, 3)
}

// VariadicOther is open.
type VariadicOther struct{}

//brook:handle
func (VariadicOther) Handle(e placed) []changed {
	return putAll(e.Data.ID, e.Data.Org)
}

// Ranged is proved.
type Ranged struct{}

//brook:handle
func (Ranged) Handle(e placed, all lines) (c []line) {
	for entry := range all.Range(LineKey{e.Data.ID, 0}, LineKey{e.Data.ID, 9}) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// RangedToOther is open.
type RangedToOther struct{}

//brook:handle
func (RangedToOther) Handle(e placed, all lines) (c []line) {
	for entry := range all.Range(LineKey{e.Data.ID, 0}, LineKey{e.Data.Org, 9}) {
		c = append(c, brook.Delete[Line](entry.Key))
	}
	return c
}

// EntriesKept is open.
type EntriesKept struct{}

//brook:handle
func (EntriesKept) Handle(e placed, all lines) (c []line) {
	var keys []LineKey
	for entry := range all.Prefix(LineKey{ID: e.Data.ID}, 1) {
		keys = append(keys, entry.Key)
	}
	for _, k := range keys {
		c = append(c, brook.Delete[Line](k))
	}
	return c
}

// RowTellsKey is open.
type RowTellsKey struct{}

//brook:handle
func (RowTellsKey) Handle(e placed, all rows) changed {
	r, _ := all.Get(e.Data.ID)
	return brook.Create(fmt.Sprint(r.N), Row{})
}

// HandedToHelper is proved.
type HandedToHelper struct{}

//brook:handle
func (HandedToHelper) Handle(e placed, all rows) (changed, error) {
	return changed{}, reads(all, e.Data.ID)
}

// HandedToHelperWithOther is open.
type HandedToHelperWithOther struct{}

//brook:handle
func (HandedToHelperWithOther) Handle(e placed, all rows) (changed, error) {
	return changed{}, reads(all, e.Data.Org)
}

// HandedToKeeper is open.
type HandedToKeeper struct{}

//brook:handle
func (HandedToKeeper) Handle(e placed, all rows) changed {
	keep(all)
	return changed{}
}

// HandedToGeneric is open.
type HandedToGeneric struct{}

//brook:handle
func (HandedToGeneric) Handle(e placed, all rows) changed {
	readsAny(all, e.Data.Org)
	return changed{}
}

// HandedToInterface is open.
type HandedToInterface struct{}

//brook:handle
func (HandedToInterface) Handle(e placed, all rows) changed {
	readsGetter(all, e.Data.Org)
	return changed{}
}

// HandedToVariadic is open.
type HandedToVariadic struct{}

//brook:handle
func (HandedToVariadic) Handle(e placed, all rows) changed {
	readsEach(e.Data.Org, all)
	return changed{}
}

// HandedToFunction is open.
type HandedToFunction struct{}

//brook:handle
func (HandedToFunction) Handle(e placed, all rows) changed {
	hooked(all)
	return changed{}
}

// HandedToReassigning is open.
type HandedToReassigning struct{}

//brook:handle
func (HandedToReassigning) Handle(e placed, all, other rows) changed {
	swaps(all, other, e.Data.ID)
	return changed{}
}

// ClosureGiven is open.
type ClosureGiven struct{}

//brook:handle
func (ClosureGiven) Handle(e placed, all rows) changed {
	each(e.Data.Tags, func(tag string) { _, _ = all.Get(tag) })
	return changed{}
}

// LookedUp is proved.
type LookedUp struct{}

//brook:handle
func (LookedUp) Handle(e placed, all rows) (c changed, err error) {
	_, there, err := all.Lookup(e.Data.ID)
	if there {
		c = brook.Delete[Row](e.Data.ID)
	}
	return c, err
}

// LookedUpOther is open.
type LookedUpOther struct{}

//brook:handle
func (LookedUpOther) Handle(e placed, all rows) (c changed, err error) {
	_, _, err = all.Lookup(e.Data.Org)
	return c, err
}

// Paged is open.
type Paged struct{}

//brook:handle
func (Paged) Handle(e placed, all rows) error {
	for _, err := range all.Page(brook.Page[string]{After: &e.Data.ID, Limit: 1}) {
		return ignored(err)
	}
	return nil
}
