package flowchart

import (
	"fmt"
	"strings"
)

// place gives the spots of each column their places: below each other, and as near to the height of
// their neighbours as there is room.
func (g *grid) place() {
	x := margin
	for _, column := range g.columns {
		width, y := 0, margin
		for _, i := range column {
			s := &g.spots[i]
			s.x, s.y = x, y
			y += s.height + rowGap
			width = max(width, s.width)
		}
		for _, i := range column {
			g.spots[i].width = width // boxes of a column are equally wide
		}
		x += width + columnGap
	}
	for range relaxations {
		for c := range g.columns {
			g.relax(g.columns[c])
		}
		for c := len(g.columns) - 1; c >= 0; c-- {
			g.relax(g.columns[c])
		}
	}
	top := margin
	for i := range g.spots {
		top = min(top, g.spots[i].y)
	}
	for i := range g.spots {
		g.spots[i].y += margin - top
	}
}

// relax moves the spots of a column to the mean height of their neighbours, in their order. Spots
// that want the same place share what they miss: those above go up by half of it.
func (g *grid) relax(column []int) {
	type run struct{ first, last, top, height, want, n int }
	var runs []run
	for at, i := range column {
		r := run{first: at, last: at, height: g.spots[i].height, want: g.wanted(i), n: 1}
		r.top = r.want
		for len(runs) > 0 {
			above := runs[len(runs)-1]
			if above.top+above.height+rowGap <= r.top {
				break
			}
			// The two become one run, whose top is the mean of what its spots want.
			r.want = above.want + r.want - r.n*(above.height+rowGap)
			r.n += above.n
			r.first = above.first
			r.height += above.height + rowGap
			r.top = r.want / r.n
			runs = runs[:len(runs)-1]
		}
		runs = append(runs, r)
	}
	for _, r := range runs {
		y := r.top
		for at := r.first; at <= r.last; at++ {
			s := &g.spots[column[at]]
			s.y = y
			y += s.height + rowGap
		}
	}
}

// wanted returns the top of a spot whose middle is at the mean height of its neighbours.
func (g *grid) wanted(i int) int {
	s := &g.spots[i]
	sum, n := 0, 0
	for _, neighbours := range [][]int{s.before, s.after} {
		for _, j := range neighbours {
			sum += g.spots[j].middle()
			n++
		}
	}
	if n == 0 {
		return s.y
	}
	return sum/n - s.height/2
}

func (s *spot) middle() int { return s.y + s.height/2 }

// picture returns the boxes and the ways of the arrows.
func (g *grid) picture() Picture {
	var p Picture
	for i := range g.spots {
		s := &g.spots[i]
		p.Width = max(p.Width, s.x+s.width+margin)
		p.Height = max(p.Height, s.y+s.height+margin)
		if s.node != nil {
			p.Boxes = append(p.Boxes, Box{Node: *s.node, X: s.x, Y: s.y, Width: s.width,
				Height: s.height, Text: cut(s.node.Label)})
		}
	}
	for _, l := range g.links {
		p.Arrows = append(p.Arrows, g.arrow(l))
	}
	return p
}

// arrow draws a link as curves between columns and lines through them.
func (g *grid) arrow(l link) Arrow {
	type point struct{ x, y int }
	var points []point // in pairs: out of a column, into the next one
	for j := 1; j < len(l.way); j++ {
		a, b := &g.spots[l.way[j-1]], &g.spots[l.way[j]]
		points = append(points, point{a.x + a.width, a.middle()}, point{b.x, b.middle()})
	}
	// Where several arrows leave one box, or reach one, labels lie at the other end.
	at, part := 0, 3
	if len(g.spots[l.from].after) > 1 {
		at, part = len(points)-2, 7
	}
	from, to := points[at], points[at+1]
	arrow := Arrow{Edge: l.edge, LabelX: from.x + (to.x-from.x)*part/10}
	t := float64(part) / 10
	rise := t * t * (3 - 2*t) // of the curve
	arrow.LabelY = from.y + int(float64(to.y-from.y)*rise)
	if l.reversed {
		for i, j := 0, len(points)-1; i < j; i, j = i+1, j-1 {
			points[i], points[j] = points[j], points[i]
		}
	}
	var path strings.Builder
	for i := 0; i < len(points); i += 2 {
		a, b := points[i], points[i+1]
		if i == 0 {
			fmt.Fprintf(&path, "M%d %d", a.x, a.y)
		} else {
			fmt.Fprintf(&path, "L%d %d", a.x, a.y)
		}
		half := (a.x + b.x) / 2
		fmt.Fprintf(&path, "C%d %d %d %d %d %d", half, a.y, half, b.y, b.x, b.y)
	}
	arrow.Path = path.String()
	return arrow
}

// cut returns a label as it fits into a box.
func cut(label string) string {
	runes := []rune(label)
	if len(runes) <= mostChars {
		return label
	}
	return string(runes[:mostChars-1]) + "…"
}
