package prooftest

import (
	"fmt"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
)

// Zero is proved.
type Zero struct{}

//brook:handle
func (Zero) Handle(e placed) changed {
	return changed{}
}

// NamedResult is proved.
type NamedResult struct{}

//brook:handle
func (NamedResult) Handle(e placed) (c changed) {
	c = brook.Create(e.Data.ID, Row{})
	return
}

// NamedResultOther is open.
type NamedResultOther struct{}

//brook:handle
func (NamedResultOther) Handle(e placed) (c changed) {
	c = brook.Create(e.Data.Org, Row{})
	return
}

// Slice is proved.
type Slice struct{}

//brook:handle
func (Slice) Handle(e placed) []changed {
	return []changed{brook.Create(e.Data.ID, Row{}), brook.Delete[Row](e.Data.ID)}
}

// SliceOther is open.
type SliceOther struct{}

//brook:handle
func (SliceOther) Handle(e placed) []changed {
	return []changed{brook.Create(e.Data.ID, Row{}), brook.Delete[Row](e.Data.Org)}
}

// Appended is proved.
type Appended struct{}

//brook:handle
func (Appended) Handle(e placed) (all []changed) {
	for range e.Data.Tags {
		all = append(all, brook.Merge(e.Data.ID, func(r *Row) { r.N++ }))
	}
	return all
}

// AppendedSpread is proved.
type AppendedSpread struct{}

//brook:handle
func (AppendedSpread) Handle(e placed) (all []changed) {
	more := []changed{brook.Create(e.Data.ID, Row{})}
	return append(all, more...)
}

// AppendedTags is open.
type AppendedTags struct{}

//brook:handle
func (AppendedTags) Handle(e placed) (all []changed) {
	for _, tag := range e.Data.Tags {
		all = append(all, brook.Create(tag, Row{}))
	}
	return all
}

// MadeByHelper is proved.
type MadeByHelper struct{}

//brook:handle
func (MadeByHelper) Handle(e placed) changed {
	return put(e.Data.ID)
}

// MadeByHelperOther is open.
type MadeByHelperOther struct{}

//brook:handle
func (MadeByHelperOther) Handle(e placed) changed {
	return put(e.Data.Org)
}

// MadeByGeneric is proved.
type MadeByGeneric struct{}

//brook:handle
func (MadeByGeneric) Handle(e placed) changed {
	return putAny(e.Data.ID, Row{})
}

// MadeByGenericOther is open.
type MadeByGenericOther struct{}

//brook:handle
func (MadeByGenericOther) Handle(e placed) changed {
	return putAny(e.Data.Org, Row{})
}

// MadeByGenericConverted is open.
type MadeByGenericConverted struct{}

//brook:handle
func (MadeByGenericConverted) Handle(e placed) changed {
	return putConverted(e.Data.ID)
}

// MadeByMethod is proved.
type MadeByMethod struct{}

//brook:handle
func (MadeByMethod) Handle(e placed) changed {
	return e.Data.row()
}

// MadeByMethodOther is open.
type MadeByMethodOther struct{}

//brook:handle
func (MadeByMethodOther) Handle(e placed) changed {
	return e.Data.orgRow()
}

// MadeByPointerMethod is open.
type MadeByPointerMethod struct{}

//brook:handle
func (MadeByPointerMethod) Handle(e placed) changed {
	return e.Data.rowOf()
}

// MadeByHelperOfEvent is proved.
type MadeByHelperOfEvent struct{}

//brook:handle
func (MadeByHelperOfEvent) Handle(e placed) (changed, error) {
	return putEvent(e)
}

// MadeByHelperThatAssigns is open.
type MadeByHelperThatAssigns struct{}

//brook:handle
func (MadeByHelperThatAssigns) Handle(e placed) changed {
	return putUpper(e.Data.ID)
}

// MadeByHelperThatPicks is open.
type MadeByHelperThatPicks struct{}

//brook:handle
func (MadeByHelperThatPicks) Handle(e placed) changed {
	return brook.Create(pick(e.Data), Row{})
}

// KeyOfHelper is proved.
type KeyOfHelper struct{}

//brook:handle
func (KeyOfHelper) Handle(e placed) changed {
	return brook.Create(idOf(e.Data), Row{})
}

// KeyOfMethod is proved.
type KeyOfMethod struct{}

//brook:handle
func (KeyOfMethod) Handle(e placed) line {
	return brook.Create(e.Data.line(2), Line{})
}

// KeyOfPair is proved.
type KeyOfPair struct{}

//brook:handle
func (KeyOfPair) Handle(e placed) line {
	k, n := lineOf(e.Data)
	_ = n
	return brook.Create(k, Line{})
}

// KeyOfPairTurned is open.
type KeyOfPairTurned struct{}

//brook:handle
func (KeyOfPairTurned) Handle(e placed) changed {
	_, id := lineOf(e.Data)
	return brook.Create(id, Row{})
}

// KeyOfError is open.
type KeyOfError struct{}

//brook:handle
func (KeyOfError) Handle(e placed) (c changed, err error) {
	id, err := checkedID(e.Data)
	if err != nil {
		return c, err
	}
	return brook.Create(id, Row{}), nil
}

// KeyOfNamedResult is open.
type KeyOfNamedResult struct{}

//brook:handle
func (KeyOfNamedResult) Handle(e placed) changed {
	return brook.Create(namedID(e.Data), Row{})
}

// KeyOfBareReturn is open.
type KeyOfBareReturn struct{}

//brook:handle
func (KeyOfBareReturn) Handle(e placed) changed {
	return brook.Create(bareID(e.Data), Row{})
}

// KeyOfRecovered is open.
type KeyOfRecovered struct{}

//brook:handle
func (KeyOfRecovered) Handle(e placed) changed {
	return brook.Create(recoveredID(e.Data), Row{})
}

// KeyOfChange is open.
type KeyOfChange struct{}

//brook:handle
func (KeyOfChange) Handle(e placed) changed {
	c := brook.Create(e.Data.ID, Row{})
	return brook.Create(c.Key(), Row{})
}

// Recursive is open.
type Recursive struct{}

//brook:handle
func (Recursive) Handle(e placed) changed {
	return recursive(e.Data.ID, 3)
}

// ByVariable is open.
type ByVariable struct{}

//brook:handle
func (ByVariable) Handle(e placed) changed {
	mk := brook.Create[string, Row]
	return mk(e.Data.Org, Row{})
}

// ByPackageVariable is open.
type ByPackageVariable struct{}

//brook:handle
func (ByPackageVariable) Handle(e placed) changed {
	return maker(e.Data.Org, Row{})
}

// ByClosure is proved.
type ByClosure struct{}

//brook:handle
func (ByClosure) Handle(e placed) changed {
	mk := func(n int64) changed { return brook.Merge(e.Data.ID, func(r *Row) { r.N += n }) }
	return mk(4)
}

// ByClosureOther is open.
type ByClosureOther struct{}

//brook:handle
func (ByClosureOther) Handle(e placed) changed {
	mk := func(id string) changed { return brook.Create(id, Row{}) }
	return mk(e.Data.ID)
}

// ByClosureReplaced is open.
type ByClosureReplaced struct{}

//brook:handle
func (ByClosureReplaced) Handle(e placed) changed {
	mk := func() changed { return brook.Create(e.Data.ID, Row{}) }
	mk = remembered
	return mk()
}

// ByClosureCalled is proved.
type ByClosureCalled struct{}

//brook:handle
func (ByClosureCalled) Handle(e placed) changed {
	return func() changed { return brook.Create(e.Data.ID, Row{}) }()
}

// ByFunctionValue is open.
type ByFunctionValue struct{}

//brook:handle
func (ByFunctionValue) Handle(e placed) changed {
	mk := put
	return mk(e.Data.Org)
}

// ByAlias is proved.
type ByAlias struct{}

//brook:handle
func (ByAlias) Handle(e placed) changed {
	return upsert(e.Data.ID)
}

// Remembered is open.
type Remembered struct{}

//brook:handle
func (Remembered) Handle(e placed) changed {
	return saved
}

// RememberedInMap is open.
type RememberedInMap struct{}

//brook:handle
func (RememberedInMap) Handle(e placed) changed {
	return savedByOrg[e.Data.Org]
}

// RememberedInInterface is open.
type RememberedInInterface struct{}

//brook:handle
func (RememberedInInterface) Handle(e placed) changed {
	return savedAny.(changed)
}

// RememberedByFunction is open.
type RememberedByFunction struct{}

//brook:handle
func (RememberedByFunction) Handle(e placed) changed {
	return remembered()
}

// RememberedByPointer is open.
type RememberedByPointer struct{}

//brook:handle
func (RememberedByPointer) Handle(e placed) changed {
	return *savedAt
}

// ConvertedBack is open.
type ConvertedBack struct{}

//brook:handle
func (ConvertedBack) Handle(e placed) changed {
	return changed(savedLike)
}

// Container is proved.
type Container struct{}

//brook:handle
func (Container) Handle(e placed) []changed {
	var c container
	c.add(brook.Create(e.Data.ID, Row{}))
	return c.list
}

// ContainerOther is open.
type ContainerOther struct{}

//brook:handle
func (ContainerOther) Handle(e placed) []changed {
	var c container
	c.add(brook.Create(e.Data.Org, Row{}))
	return c.list
}

// ContainerFilled is open.
type ContainerFilled struct{}

//brook:handle
func (ContainerFilled) Handle(e placed) []changed {
	var c container
	fill(&c)
	return c.list
}

// ContainerInInterface is open.
type ContainerInInterface struct{}

//brook:handle
func (ContainerInInterface) Handle(e placed) []changed {
	c := []changed{{}}
	scrawl(c)
	return c
}

// Yielded is open.
type Yielded struct{}

//brook:handle
func (Yielded) Handle(e placed) (all []changed) {
	for c := range yields(e.Data.Org) {
		all = append(all, c)
	}
	return all
}

// FromElsewhere is open.
type FromElsewhere struct{}

//brook:handle
func (FromElsewhere) Handle(e placed) []changed {
	return slices.Concat([]changed{brook.Create(e.Data.ID, Row{})}, nil)
}

// Sorted is open.
type Sorted struct{}

//brook:handle
func (Sorted) Handle(e placed) []changed {
	all := []changed{brook.Create(e.Data.ID, Row{})}
	slices.Reverse(all)
	return all
}

// Shown is proved.
type Shown struct{}

//brook:handle
func (Shown) Handle(e placed) (c changed, err error) {
	c = brook.Create(e.Data.ID, Row{})
	if c.Op() != brook.OpCreate {
		err = fmt.Errorf("no change of %s", e.Data.ID)
	}
	return c, err
}

// Emitting is proved.
type Emitting struct{}

//brook:handle
func (Emitting) Handle(e placed) (changed, brook.Emission[Word]) {
	return brook.Create(e.Data.ID, Row{}), brook.Emit(Word(e.Data.Org))
}

// Nothing is proved.
type Nothing struct{}

//brook:handle
func (Nothing) Handle(e placed) brook.Effect {
	return nil
}

// ShadowedRuntime is open.
type ShadowedRuntime struct{}

//brook:handle
func (ShadowedRuntime) Handle(e placed) changed {
	brook := fake{}
	return brook.Create(e.Data.ID)
}

// Modified is proved.
type Modified struct{}

//brook:handle
func (Modified) Handle(e placed) changed {
	return brook.Modify(e.Data.ID, func(r *Row) { r.N = e.Data.N })
}

// ModifiedOther is open.
type ModifiedOther struct{}

//brook:handle
func (ModifiedOther) Handle(e placed) changed {
	return brook.Modify(e.Data.Org, func(r *Row) { r.N = e.Data.N })
}

// ModifiedByView is open.
type ModifiedByView struct{}

//brook:handle
func (ModifiedByView) Handle(e placed, all rows) changed {
	return brook.Modify(e.Data.ID, func(r *Row) { *r, _ = all.Get(e.Data.Org) })
}

// Inserted is proved.
type Inserted struct{}

//brook:handle
func (Inserted) Handle(e placed) changed {
	return brook.Insert(e.Data.ID, Row{})
}

// InsertedOther is open.
type InsertedOther struct{}

//brook:handle
func (InsertedOther) Handle(e placed) changed {
	return brook.Insert(e.Data.Org, Row{})
}
