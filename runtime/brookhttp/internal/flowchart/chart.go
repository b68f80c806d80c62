// Package flowchart lays out the flow of an app's events for a picture: boxes in columns from left
// to right, and arrows between them. It draws nothing: a template does.
package flowchart

// Chart is what is to be laid out.
type Chart struct {
	Nodes []Node
	Edges []Edge
}

// Node is something that events flow to or from.
type Node struct {
	ID    string
	Kind  string // event, set, collection, job: for the one who draws
	Label string
	Note  string // a second line, "" for none
	Link  string
}

// Edge is an arrow. One whose ends are not among the nodes is left out.
type Edge struct {
	From, To string
	Kind     string
	Label    string
	Weight   int // how thick the arrow is, from 0
}

// Picture is a chart with its places, in pixels from the upper left corner.
type Picture struct {
	Width, Height int
	Boxes         []Box
	Arrows        []Arrow
}

// Box is a node with its place.
type Box struct {
	Node
	X, Y, Width, Height int
	Text                string // Label, cut to the width of the box
}

// Arrow is an edge with its way.
type Arrow struct {
	Edge
	Path           string // of an SVG path, from the edge of one box to that of the other
	LabelX, LabelY int    // the middle of its label
}

// Measures of the picture.
const (
	charWidth   = 7  // of the font that boxes are labelled with
	noteWidth   = 6  // of that of the second line
	padding     = 14 // of a box, on both sides together
	mostChars   = 30 // of a label
	leastWidth  = 70 // of a box
	boxHeight   = 26 // with one line
	noteHeight  = 12 // of the second line
	rowGap      = 12 // between boxes of a column
	columnGap   = 62 // between columns: a label has its place there
	passHeight  = 6  // of an arrow that passes a column
	margin      = 10 // around all
	sweeps      = 8  // of the ordering
	relaxations = 6  // of the placing
)

// Layout places the nodes and edges. Equal charts are laid out equally.
func Layout(c Chart) Picture {
	g := newGrid(c)
	g.layer()
	g.split()
	g.order()
	g.place()
	return g.picture()
}
