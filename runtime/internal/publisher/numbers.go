package publisher

// Numbers number the emissions that do not come in the order of their cause's partition: of events that were redriven or
// processed. They have one stream of an app's store, with a random part: a store that was made anew has another one.
type Numbers struct {
	Stream string
	Next   int64

	Raw []byte `json:"-"` // as stored; nil: the store has none yet
}

var NumbersKey = []byte("numbers")
