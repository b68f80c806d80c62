package brook

// Emission is an event that a handler asks to have published. It is stored in the commit of the
// handler's changes and published after it. The zero Emission is nothing. An Emission is an
// [Outgoing].
type Emission[E any] struct {
	data E
	set  bool
}

// Emit returns the emission of data. It keeps data, which must not be changed from then on.
func Emit[E any](data E) Emission[E] { return Emission[E]{data, true} }

// Data returns what is to be published, and false if e is the zero Emission.
func (e Emission[E]) Data() (E, bool) { return e.data, e.set }

func (e Emission[E]) outgoing() any { return &e.data }

func (e Emission[E]) nothing() bool { return !e.set }

// Outgoing is an [Emission] of any event type, as PublishAll of an app takes it.
type Outgoing interface {
	outgoing() any
	nothing() bool // it is the zero Emission
}

// DataOf returns a pointer to what an Outgoing is to publish. Package engine uses it.
func DataOf(o Outgoing) any { return o.outgoing() }
