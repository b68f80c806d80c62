package prooftest

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// timed is a timer of an event with a string as its key.
type timed = brook.Timer[Placed]

var keptTimer = brook.Cancel(Placed{ID: "kept"})

func timerOf(id string, due time.Time) timed { return brook.At(due, Placed{ID: id, Org: id}) }

func (p Placed) again() timed { return brook.Cancel(p) }

func (p Placed) swapped() timed { return brook.Cancel(Placed{ID: p.Org, Org: p.ID}) }

// Timed is proved.
type Timed struct{}

//brook:handle
func (Timed) Handle(e placed) timed { return brook.At(e.Time, Placed{ID: e.Data.ID}) }

// TimedOther is open.
type TimedOther struct{}

//brook:handle
func (TimedOther) Handle(e placed) timed { return brook.At(e.Time, Placed{ID: e.Data.Org}) }

// TimedWhole is proved.
type TimedWhole struct{}

//brook:handle
func (TimedWhole) Handle(e placed) timed { return brook.At(e.Time.Add(time.Hour), e.Data) }

// TimedCopy is proved.
type TimedCopy struct{}

//brook:handle
func (TimedCopy) Handle(e placed) timed {
	next := e.Data
	next.N++
	return brook.At(e.Time, next)
}

// TimedChanged is open.
type TimedChanged struct{}

//brook:handle
func (TimedChanged) Handle(e placed) timed {
	next := e.Data
	next.ID += "x"
	return brook.At(e.Time, next)
}

// TimedCancel is proved.
type TimedCancel struct{}

//brook:handle
func (TimedCancel) Handle(e placed) timed { return brook.Cancel(Placed{ID: e.Data.ID}) }

// TimedCancelOther is open.
type TimedCancelOther struct{}

//brook:handle
func (TimedCancelOther) Handle(e placed) timed { return brook.Cancel(Placed{ID: "all"}) }

// TimedText is proved.
type TimedText struct{}

//brook:handle
func (TimedText) Handle(e placed) timed { return brook.Cancel(Placed{ID: string(e.Key)}) }

// TimedByKind is proved.
type TimedByKind struct{}

//brook:handle
func (TimedByKind) Handle(e placed) brook.Timer[Named] {
	return brook.At(e.Time, Named{ID: OrderID(e.Data.ID)})
}

// TimedList is proved.
type TimedList struct{}

//brook:handle
func (TimedList) Handle(e placed) (all []timed) {
	for range e.Data.N {
		all = append(all, timerOf(e.Data.ID, e.Time))
	}
	return append(all, e.Data.again())
}

// TimedListOther is open.
type TimedListOther struct{}

//brook:handle
func (TimedListOther) Handle(e placed) (all []timed) {
	for _, tag := range e.Data.Tags {
		all = append(all, timerOf(tag, e.Time))
	}
	return all
}

// TimedSwapped is open.
type TimedSwapped struct{}

//brook:handle
func (TimedSwapped) Handle(e placed) timed { return e.Data.swapped() }

// TimedKept is open.
type TimedKept struct{}

//brook:handle
func (TimedKept) Handle(e placed) timed { return keptTimer }

// TimedByValue is open.
type TimedByValue struct{}

//brook:handle
func (TimedByValue) Handle(e placed) timed {
	set := brook.At[Placed]
	return set(e.Time, Placed{ID: e.Data.ID})
}

// TimedPair is proved.
type TimedPair struct{}

//brook:handle
func (TimedPair) Handle(e moved) brook.Timer[Moved] {
	return brook.At(e.Time, Moved{Org: e.Data.Org, ID: e.Data.ID, Other: e.Data.ID})
}

// TimedPairStruct is proved.
type TimedPairStruct struct{}

//brook:handle
func (TimedPairStruct) Handle(e moved) brook.Timer[Paired] {
	return brook.Cancel(Paired{Key: PairKey{e.Data.Org, e.Data.ID}})
}

// TimedPairSwapped is open.
type TimedPairSwapped struct{}

//brook:handle
func (TimedPairSwapped) Handle(e moved) brook.Timer[Moved] {
	return brook.At(e.Time, Moved{Org: e.Data.ID, ID: e.Data.Org})
}

// TimedHeld is proved.
type TimedHeld struct{}

//brook:handle
func (TimedHeld) Handle(e placed) brook.Timer[Held] {
	return brook.At(e.Time, Held{Base{e.Data.ID}, e.Data.Org})
}

// TimedWord is proved.
type TimedWord struct{}

//brook:handle
func (TimedWord) Handle(e brook.Event[Word]) brook.Timer[Word] { return brook.At(e.Time, e.Data) }

// TimedBehind is open.
type TimedBehind struct{}

//brook:handle
func (TimedBehind) Handle(e placed) brook.Timer[Behind] {
	return brook.At(e.Time, Behind{&Base{e.Data.ID}})
}

// TimedNumber is open.
type TimedNumber struct{}

//brook:handle
func (TimedNumber) Handle(e placed) brook.Timer[Counted] {
	return brook.At(e.Time, Counted{N: e.Data.N})
}

// TimedLonger is open.
type TimedLonger struct{}

//brook:handle
func (TimedLonger) Handle(e placed) brook.Timer[Moved] {
	return brook.Cancel(Moved{Org: e.Data.ID, ID: e.Data.Org})
}
