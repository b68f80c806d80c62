package prooftest

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
)

// Field is proved.
type Field struct{}

//brook:handle
func (Field) Handle(e placed) changed {
	return brook.Create(e.Data.ID, Row{})
}

// OtherField is open.
type OtherField struct{}

//brook:handle
func (OtherField) Handle(e placed) changed {
	return brook.Create(e.Data.Org, Row{})
}

// Constant is open.
type Constant struct{}

//brook:handle
func (Constant) Handle(e placed) changed {
	return brook.Create("x", Row{})
}

// Merged is proved.
type Merged struct{}

//brook:handle
func (Merged) Handle(e placed) changed {
	return brook.Merge(e.Data.ID, func(r *Row) { r.N += e.Data.N })
}

// Deleted is proved.
type Deleted struct{}

//brook:handle
func (Deleted) Handle(e placed) changed {
	return brook.Delete[Row](e.Data.ID)
}

// DeletedOther is open.
type DeletedOther struct{}

//brook:handle
func (DeletedOther) Handle(e placed) changed {
	return brook.Delete[Row](e.Data.Org)
}

// Instantiated is proved.
type Instantiated struct{}

//brook:handle
func (Instantiated) Handle(e placed) changed {
	return brook.Create[string, Row](e.Data.ID, Row{})
}

// Parenthesized is proved.
type Parenthesized struct{}

//brook:handle
func (Parenthesized) Handle(e placed) changed {
	return (brook.Create[string, Row])((e.Data.ID), Row{})
}

// RecordKey is proved.
type RecordKey struct{}

//brook:handle
func (RecordKey) Handle(e placed) changed {
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyChanged is open.
type RecordKeyChanged struct{}

//brook:handle
func (RecordKeyChanged) Handle(e placed) changed {
	e.Key[0] = 'x'
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyAliased is open.
type RecordKeyAliased struct{}

//brook:handle
func (RecordKeyAliased) Handle(e placed) changed {
	k := e.Key
	k[0] = 'x'
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyHandedOn is open.
type RecordKeyHandedOn struct{}

//brook:handle
func (RecordKeyHandedOn) Handle(e placed) changed {
	scribble(e.Key)
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyInEvent is open.
type RecordKeyInEvent struct{}

//brook:handle
func (RecordKeyInEvent) Handle(e placed) changed {
	scribbleEvent(e)
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyInCopy is open.
type RecordKeyInCopy struct{}

//brook:handle
func (RecordKeyInCopy) Handle(e placed) changed {
	f := e
	f.Key[0] = 'x'
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyAppended is open.
type RecordKeyAppended struct{}

//brook:handle
func (RecordKeyAppended) Handle(e placed) changed {
	_ = append(e.Key[:0], 'x')
	return brook.Create(string(e.Key), Row{})
}

// RecordKeyLength is open.
type RecordKeyLength struct{}

//brook:handle
func (RecordKeyLength) Handle(e placed) changed {
	return brook.Create(string(e.Key[:1]), Row{})
}

// RecordKeyOfPair is open.
type RecordKeyOfPair struct{}

//brook:handle
func (RecordKeyOfPair) Handle(e moved) brook.Change[string, Row] {
	return brook.Create(string(e.Key), Row{})
}

// Concatenated is open.
type Concatenated struct{}

//brook:handle
func (Concatenated) Handle(e placed) changed {
	return brook.Create(e.Data.ID+"/x", Row{})
}

// Formatted is open.
type Formatted struct{}

//brook:handle
func (Formatted) Handle(e placed) changed {
	return brook.Create(fmt.Sprintf("%s", e.Data.ID), Row{})
}

// Sliced is open.
type Sliced struct{}

//brook:handle
func (Sliced) Handle(e placed) changed {
	return brook.Create(e.Data.ID[:1], Row{})
}

// LineOfID is proved.
type LineOfID struct{}

//brook:handle
func (LineOfID) Handle(e placed) line {
	return brook.Create(LineKey{e.Data.ID, 7}, Line{})
}

// LineKeyed is proved.
type LineKeyed struct{}

//brook:handle
func (LineKeyed) Handle(e placed) line {
	return brook.Create(LineKey{No: len(e.Data.Tags), ID: e.Data.ID}, Line{})
}

// LineOfOther is open.
type LineOfOther struct{}

//brook:handle
func (LineOfOther) Handle(e placed) line {
	return brook.Create(LineKey{ID: e.Data.Org}, Line{})
}

// LineWithoutID is open.
type LineWithoutID struct{}

//brook:handle
func (LineWithoutID) Handle(e placed) line {
	return brook.Create(LineKey{No: 1}, Line{})
}

// LineLocal is proved.
type LineLocal struct{}

//brook:handle
func (LineLocal) Handle(e placed) line {
	k := LineKey{ID: e.Data.ID}
	return brook.Create(k, Line{})
}

// LineNumberSet is proved.
type LineNumberSet struct{}

//brook:handle
func (LineNumberSet) Handle(e placed) line {
	k := LineKey{ID: e.Data.ID}
	k.No = 3
	return brook.Create(k, Line{})
}

// LineIDSet is open.
type LineIDSet struct{}

//brook:handle
func (LineIDSet) Handle(e placed) line {
	k := LineKey{ID: e.Data.ID}
	k.ID = e.Data.Org
	return brook.Create(k, Line{})
}

// LineAddress is open.
type LineAddress struct{}

//brook:handle
func (LineAddress) Handle(e placed) line {
	k := LineKey{ID: e.Data.ID}
	p := &k
	p.ID = e.Data.Org
	return brook.Create(k, Line{})
}

// LinePointer is open.
type LinePointer struct{}

//brook:handle
func (LinePointer) Handle(e placed) line {
	k := &LineKey{ID: e.Data.ID}
	return brook.Create(*k, Line{})
}

// PairOfFields is proved.
type PairOfFields struct{}

//brook:handle
func (PairOfFields) Handle(e moved) brook.Change[PairKey, Pair] {
	return brook.Create(PairKey{e.Data.Org, e.Data.ID}, Pair{})
}

// PairTurned is open.
type PairTurned struct{}

//brook:handle
func (PairTurned) Handle(e moved) brook.Change[PairKey, Pair] {
	return brook.Create(PairKey{e.Data.ID, e.Data.Org}, Pair{})
}

// PairHalf is open.
type PairHalf struct{}

//brook:handle
func (PairHalf) Handle(e moved) brook.Change[PairKey, Pair] {
	return brook.Create(PairKey{e.Data.Org, e.Data.Other}, Pair{})
}

// TripleOfPair is proved.
type TripleOfPair struct{}

//brook:handle
func (TripleOfPair) Handle(e moved) brook.Change[TripleKey, Triple] {
	return brook.Create(TripleKey{Pair: PairKey{e.Data.Org, e.Data.ID}, No: 1}, Triple{})
}

// PairWhole is proved.
type PairWhole struct{}

//brook:handle
func (PairWhole) Handle(e brook.Event[Paired]) brook.Change[PairKey, Pair] {
	return brook.Create(e.Data.Key, Pair{})
}

// PairTakenApart is proved.
type PairTakenApart struct{}

//brook:handle
func (PairTakenApart) Handle(e brook.Event[Paired]) brook.Change[PairKey, Pair] {
	return brook.Create(PairKey{Org: e.Data.Key.Org, ID: e.Data.Key.ID}, Pair{})
}

// PairReplaced is open.
type PairReplaced struct{}

//brook:handle
func (PairReplaced) Handle(e brook.Event[Paired]) brook.Change[PairKey, Pair] {
	return brook.Create(PairKey{Org: e.Data.Key.Org, ID: e.Data.Other}, Pair{})
}

// TripleWhole is proved.
type TripleWhole struct{}

//brook:handle
func (TripleWhole) Handle(e brook.Event[Paired]) brook.Change[TripleKey, Triple] {
	return brook.Create(TripleKey{e.Data.Key, 4}, Triple{})
}

// Embedded is proved.
type Embedded struct{}

//brook:handle
func (Embedded) Handle(e brook.Event[Held]) changed {
	return brook.Create(e.Data.ID, Row{})
}

// EmbeddedLong is proved.
type EmbeddedLong struct{}

//brook:handle
func (EmbeddedLong) Handle(e brook.Event[Held]) changed {
	return brook.Create(e.Data.Base.ID, Row{})
}

// EmbeddedSet is open.
type EmbeddedSet struct{}

//brook:handle
func (EmbeddedSet) Handle(e brook.Event[Held]) changed {
	e.Data.Base = Base{e.Data.Org}
	return brook.Create(e.Data.ID, Row{})
}

// EmbeddedMethod is open.
type EmbeddedMethod struct{}

//brook:handle
func (EmbeddedMethod) Handle(e brook.Event[Held]) changed {
	e.Data.rename(e.Data.Org)
	return brook.Create(e.Data.ID, Row{})
}

// InnerField is proved.
type InnerField struct{}

//brook:handle
func (InnerField) Handle(e brook.Event[Inner]) changed {
	return brook.Create(e.Data.At.ID, Row{})
}

// InnerCopied is proved.
type InnerCopied struct{}

//brook:handle
func (InnerCopied) Handle(e brook.Event[Inner]) changed {
	at := e.Data.At
	return brook.Create(at.ID, Row{})
}

// BehindPointer is open.
type BehindPointer struct{}

//brook:handle
func (BehindPointer) Handle(e brook.Event[Behind]) changed {
	return brook.Create(e.Data.At.ID, Row{})
}

// Number is proved.
type Number struct{}

//brook:handle
func (Number) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(e.Data.N, Count{})
}

// NumberNarrowed is open.
type NumberNarrowed struct{}

//brook:handle
func (NumberNarrowed) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(int64(int32(e.Data.N)), Count{})
}

// NumberThroughInt is open.
type NumberThroughInt struct{}

//brook:handle
func (NumberThroughInt) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(int64(int(e.Data.N)), Count{})
}

// NumberUnsigned is open.
type NumberUnsigned struct{}

//brook:handle
func (NumberUnsigned) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(int64(uint64(e.Data.N)), Count{})
}

// NumberPlus is open.
type NumberPlus struct{}

//brook:handle
func (NumberPlus) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(e.Data.N+1, Count{})
}

// NumberSmall is open.
type NumberSmall struct{}

//brook:handle
func (NumberSmall) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	return brook.Create(int64(e.Data.Small), Count{})
}

// NumberIncremented is open.
type NumberIncremented struct{}

//brook:handle
func (NumberIncremented) Handle(e brook.Event[Counted]) brook.Change[int64, Count] {
	e.Data.N++
	return brook.Create(e.Data.N, Count{})
}

// NumberWidened is proved.
type NumberWidened struct{}

//brook:handle
func (NumberWidened) Handle(e brook.Event[Sized]) brook.Change[int64, Count] {
	return brook.Create(int64(e.Data.N), Count{})
}

// NamedString is proved.
type NamedString struct{}

//brook:handle
func (NamedString) Handle(e brook.Event[Named]) changed {
	return brook.Create(string(e.Data.ID), Row{})
}

// NamedBack is proved.
type NamedBack struct{}

//brook:handle
func (NamedBack) Handle(e brook.Event[Named]) brook.Change[OrderID, Order] {
	return brook.Create(OrderID(string(e.Data.ID)), Order{})
}

// NamedRecord is proved.
type NamedRecord struct{}

//brook:handle
func (NamedRecord) Handle(e brook.Event[Named]) brook.Change[OrderID, Order] {
	return brook.Create(OrderID(e.Key), Order{})
}

// NamedBytes is open.
type NamedBytes struct{}

//brook:handle
func (NamedBytes) Handle(e brook.Event[Named]) changed {
	return brook.Create(string([]byte(e.Data.ID)), Row{})
}

// NamedOther is open.
type NamedOther struct{}

//brook:handle
func (NamedOther) Handle(e brook.Event[Named]) brook.Change[OrderID, Order] {
	return brook.Create(e.Data.Other, Order{})
}

// WholeValue is proved.
type WholeValue struct{}

//brook:handle
func (WholeValue) Handle(e brook.Event[Word]) changed {
	return brook.Create(string(e.Data), Row{})
}

// WholeValueCut is open.
type WholeValueCut struct{}

//brook:handle
func (WholeValueCut) Handle(e brook.Event[Word]) changed {
	return brook.Create(string(e.Data[1:]), Row{})
}

// Bytes is proved.
type Bytes struct{}

//brook:handle
func (Bytes) Handle(e brook.Event[Stamped]) brook.Change[MarkKey, Mark] {
	return brook.Create(MarkKey(e.Data.ID), Mark{})
}

// BytesSliced is open.
type BytesSliced struct{}

//brook:handle
func (BytesSliced) Handle(e brook.Event[Stamped]) brook.Change[MarkKey, Mark] {
	copy(e.Data.ID[:], e.Data.Other[:])
	return brook.Create(MarkKey(e.Data.ID), Mark{})
}

// BytesIndexed is open.
type BytesIndexed struct{}

//brook:handle
func (BytesIndexed) Handle(e brook.Event[Stamped]) brook.Change[MarkKey, Mark] {
	e.Data.ID[0] = 9
	return brook.Create(MarkKey(e.Data.ID), Mark{})
}

// BytesOther is open.
type BytesOther struct{}

//brook:handle
func (BytesOther) Handle(e brook.Event[Stamped]) brook.Change[MarkKey, Mark] {
	return brook.Create(MarkKey(e.Data.Other), Mark{})
}

// StructConverted is proved.
type StructConverted struct{}

//brook:handle
func (StructConverted) Handle(e placed) changed {
	return brook.Create(likePlaced(e.Data).ID, Row{})
}

// MixedPair is open: MixedShort touches the same rows in other partitions.
type MixedPair struct{}

//brook:handle
func (MixedPair) Handle(e moved) brook.Change[PairKey, Mixed] {
	return brook.Create(PairKey{e.Data.Org, e.Data.ID}, Mixed{})
}

// MixedShort is open.
type MixedShort struct{}

//brook:handle
func (MixedShort) Handle(e placed) brook.Change[PairKey, Mixed] {
	return brook.Create(PairKey{e.Data.ID, e.Data.Org}, Mixed{})
}
