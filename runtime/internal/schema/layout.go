package schema

// Layout numbers the tables of a package: those of each collection in turn, first its rows, then
// its indexes. Such a number is called a slot.
type Layout struct {
	Collections []Collection // by ordinal
	Rows        []int        // the slot of each collection's rows, by ordinal
	Index       [][]int      // the slots of its indexes, by ordinal and index
	Slots       int          // how many there are

	// Timed is set if handlers set timers: the tables of these, and of when they are due, have the
	// slots Timers and Due.
	Timed       bool
	Timers, Due int
}

// AddTimers gives the tables of timers a slot each.
func (l *Layout) AddTimers() {
	l.Timed, l.Timers, l.Due = true, l.Slots, l.Slots+1
	l.Slots += 2
}

// NewLayout returns the layout of collections.
func NewLayout(collections []Collection) *Layout {
	l := &Layout{}
	for _, info := range collections {
		l.Collections = append(l.Collections, info)
		l.Rows = append(l.Rows, l.Slots)
		l.Slots++
		var index []int
		for range info.Indexes {
			index = append(index, l.Slots)
			l.Slots++
		}
		l.Index = append(l.Index, index)
	}
	return l
}
