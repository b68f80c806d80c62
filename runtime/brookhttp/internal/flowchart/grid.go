package flowchart

import "slices"

// grid is a chart on its way to a picture.
type grid struct {
	spots   []spot  // the nodes of the chart, and behind them the places where arrows pass columns
	links   []link  // the edges
	columns [][]int // spots from left to right, and in each column from top to bottom
}

// spot is a node, or a place where an arrow passes a column.
type spot struct {
	node          *Node // nil: an arrow passes
	column        int
	before, after []int // spots of the neighbouring columns that it is connected with
	x, y          int
	width, height int
}

// link is an edge.
type link struct {
	edge     Edge
	from, to int   // spots, from left to right
	reversed bool  // the arrow goes from right to left, as part of a circle
	way      []int // the spots on its way, with both ends
}

func newGrid(c Chart) *grid {
	g := &grid{}
	index := map[string]int{}
	for i := range c.Nodes {
		if _, ok := index[c.Nodes[i].ID]; ok {
			continue
		}
		index[c.Nodes[i].ID] = len(g.spots)
		g.spots = append(g.spots, newSpot(&c.Nodes[i]))
	}
	for _, e := range c.Edges {
		from, ok := index[e.From]
		to, ok2 := index[e.To]
		if ok && ok2 && from != to {
			g.links = append(g.links, link{edge: e, from: from, to: to})
		}
	}
	return g
}

func newSpot(n *Node) spot {
	s := spot{node: n, width: leastWidth, height: boxHeight}
	s.width = max(s.width, min(mostChars, len([]rune(n.Label)))*charWidth+padding)
	s.width = max(s.width, min(mostChars, len([]rune(n.Note)))*noteWidth+padding)
	if n.Note != "" {
		s.height += noteHeight
	}
	return s
}

// layer chooses the columns: each node is right of all that it is reached from. Edges that close a
// circle are reversed first.
func (g *grid) layer() {
	g.breakCircles()
	out, waits := make([][]int, len(g.spots)), make([]int, len(g.spots))
	for _, l := range g.links {
		out[l.from] = append(out[l.from], l.to)
		waits[l.to]++
	}
	var next []int
	for i := range g.spots {
		if waits[i] == 0 {
			next = append(next, i)
		}
	}
	for len(next) > 0 {
		i := next[0]
		next = next[1:]
		for _, to := range out[i] {
			g.spots[to].column = max(g.spots[to].column, g.spots[i].column+1)
			if waits[to]--; waits[to] == 0 {
				next = append(next, to)
			}
		}
	}
}

// breakCircles reverses the edges that lead back to where a walk along the edges came from.
func (g *grid) breakCircles() {
	out := make([][]int, len(g.spots)) // links
	entered := make([]bool, len(g.spots))
	for i, l := range g.links {
		out[l.from] = append(out[l.from], i)
		entered[l.to] = true
	}
	const fresh, open, done = 0, 1, 2
	state := make([]int, len(g.spots))
	var walk func(i int)
	walk = func(i int) {
		state[i] = open
		for _, at := range out[i] {
			switch l := &g.links[at]; state[l.to] {
			case fresh:
				walk(l.to)
			case open:
				l.reversed = true
			}
		}
		state[i] = done
	}
	for _, sources := range []bool{true, false} { // what nothing leads to comes first
		for i := range g.spots {
			if state[i] == fresh && entered[i] != sources {
				walk(i)
			}
		}
	}
	for i := range g.links {
		if l := &g.links[i]; l.reversed {
			l.from, l.to = l.to, l.from
		}
	}
}

// split adds spots where links pass columns, and connects all spots with their neighbours.
func (g *grid) split() {
	for i := range g.links {
		l := &g.links[i]
		l.way = []int{l.from}
		for c := g.spots[l.from].column + 1; c < g.spots[l.to].column; c++ {
			l.way = append(l.way, len(g.spots))
			g.spots = append(g.spots, spot{column: c, height: passHeight})
		}
		l.way = append(l.way, l.to)
		for j := 1; j < len(l.way); j++ {
			a, b := l.way[j-1], l.way[j]
			g.spots[a].after = append(g.spots[a].after, b)
			g.spots[b].before = append(g.spots[b].before, a)
		}
	}
	for i := range g.spots {
		for len(g.columns) <= g.spots[i].column {
			g.columns = append(g.columns, nil)
		}
		g.columns[g.spots[i].column] = append(g.columns[g.spots[i].column], i)
	}
}

// order sorts the columns so that few arrows cross: each spot goes to the mean place of its
// neighbours, in sweeps to the right and to the left.
func (g *grid) order() {
	rank := make([]float64, len(g.spots))
	number := func(column []int) {
		for at, i := range column {
			rank[i] = float64(at)
		}
	}
	for _, column := range g.columns {
		number(column)
	}
	best, fewest := g.columns, g.crossings(rank)
	for sweep := range sweeps {
		columns := make([][]int, len(g.columns))
		for c := range g.columns {
			at, neighbours := c, func(s *spot) []int { return s.before }
			if sweep%2 == 1 {
				at, neighbours = len(g.columns)-1-c, func(s *spot) []int { return s.after }
			}
			column := slices.Clone(g.columns[at])
			want := map[int]float64{}
			for _, i := range column {
				want[i] = mean(neighbours(&g.spots[i]), rank, rank[i])
			}
			slices.SortStableFunc(column, func(a, b int) int {
				switch {
				case want[a] < want[b]:
					return -1
				case want[a] > want[b]:
					return 1
				}
				return 0
			})
			number(column)
			columns[at] = column
		}
		g.columns = columns
		if n := g.crossings(rank); n < fewest {
			best, fewest = columns, n
		}
	}
	g.columns = best
}

// mean returns the mean rank of spots, or other if there are none.
func mean(spots []int, rank []float64, other float64) float64 {
	if len(spots) == 0 {
		return other
	}
	sum := 0.0
	for _, i := range spots {
		sum += rank[i]
	}
	return sum / float64(len(spots))
}

// crossings counts the arrows that cross between neighbouring columns. It gives up counting in
// charts that are too large to be read.
func (g *grid) crossings(rank []float64) (n int) {
	type pair struct{ from, to float64 }
	between := make([][]pair, len(g.columns))
	for _, l := range g.links {
		for j := 1; j < len(l.way); j++ {
			c := g.spots[l.way[j-1]].column
			between[c] = append(between[c], pair{rank[l.way[j-1]], rank[l.way[j]]})
		}
	}
	const largest = 600
	for _, pairs := range between {
		if len(pairs) > largest {
			continue
		}
		for i, a := range pairs {
			for _, b := range pairs[:i] {
				if (a.from-b.from)*(a.to-b.to) < 0 {
					n++
				}
			}
		}
	}
	return n
}
