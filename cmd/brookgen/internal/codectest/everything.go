package codectest

// Everything is a value of a collection with every kind of field that there is.
//
//brook:collection everything key=string
type Everything struct {
	Basics     Basics
	Named      Named
	Special    Special
	Containers Containers
	Options    Options
	Quoted     Quoted
	Marshalers Marshalers
	Embedding  Embedding
	Shapes     Shapes
	Stored     *Stored
	Simple     map[Grade]Simple
	Letters    [3]Letter
	Grades     [2]Grade
	Nothing    [0]Item
	Ptrs       []***int
	AnyPtr     **any
	SlicePtrs  []*[]string
	RawMap     map[Digits][]byte
	Note       Note
	Batch      Batch
	Index      *Index
}
