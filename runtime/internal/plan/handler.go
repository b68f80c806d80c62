package plan

// Handler is what a handler's signature declares, and what was proved of its body. Generated code
// names it engine.Handler.
type Handler struct {
	Set     int    // in Definition.Sets
	Name    string // of the method
	Event   string // type of the event
	Reads   []int  // collections whose view it takes
	Indexes []IndexRef
	Writes  []int    // collections that it returns changes of
	Timers  []string // types of the events that it sets timers of
	Acts    bool     // it emits, sets timers, asks for jobs or has effects
	Emits   []string // types of what it emits
	Jobs    []string // types of the jobs that it asks for

	Proved      bool   // every key that it reads or writes begins with the event's key
	Partitioned bool   // that is not proved, but asserted
	Doubt       string // the first expression that is not proved; with none, nobody tried

	Code string // a hash of its code; "": not known
}

// IndexRef names an index. Generated code names it engine.IndexRef.
type IndexRef struct{ Collection, Index int }
