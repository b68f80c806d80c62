package flowchart_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/runtime/brookhttp/internal/flowchart"
)

// chart returns nodes of the names that edges of the form a>b have.
func chart(edges ...string) (c flowchart.Chart) {
	seen := map[string]bool{}
	for _, e := range edges {
		from, to, _ := strings.Cut(e, ">")
		for _, id := range []string{from, to} {
			if !seen[id] && id != "" {
				seen[id] = true
				c.Nodes = append(c.Nodes, flowchart.Node{ID: id, Label: id})
			}
		}
		if to != "" {
			c.Edges = append(c.Edges, flowchart.Edge{From: from, To: to, Kind: "writes"})
		}
	}
	return c
}

func boxes(p flowchart.Picture) map[string]flowchart.Box {
	all := map[string]flowchart.Box{}
	for _, b := range p.Boxes {
		all[b.ID] = b
	}
	return all
}

// check wants boxes within the picture that do not overlap, and arrows that begin and end at boxes.
func check(t *testing.T, c flowchart.Chart, p flowchart.Picture) {
	t.Helper()
	for i, a := range p.Boxes {
		if a.X < 0 || a.Y < 0 || a.X+a.Width > p.Width || a.Y+a.Height > p.Height {
			t.Errorf("%s lies outside of %d × %d: %+v", a.ID, p.Width, p.Height, a)
		}
		for _, b := range p.Boxes[:i] {
			if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
				t.Errorf("%s and %s overlap: %+v %+v", a.ID, b.ID, a, b)
			}
		}
	}
	at := boxes(p)
	for _, arrow := range p.Arrows {
		var x, y int
		if _, err := fmt.Sscanf(arrow.Path, "M%d %d", &x, &y); err != nil {
			t.Fatalf("%s: %v", arrow.Path, err)
		}
		from := at[arrow.From]
		if x != from.X && x != from.X+from.Width || y != from.Y+from.Height/2 {
			t.Errorf("the arrow from %+v begins at %d %d", from, x, y)
		}
		path := strings.Fields(strings.NewReplacer("C", " ", "L", " ", "M", " ").Replace(arrow.Path))
		end := fmt.Sprint(path[len(path)-2:])
		to := at[arrow.To]
		left := fmt.Sprintf("[%d %d]", to.X, to.Y+to.Height/2)
		right := fmt.Sprintf("[%d %d]", to.X+to.Width, to.Y+to.Height/2)
		if end != left && end != right {
			t.Errorf("the arrow to %+v ends at %s", to, end)
		}
	}
	if again := flowchart.Layout(c); !reflect.DeepEqual(again, p) {
		t.Error("the same chart is laid out in another way")
	}
}

func TestColumns(t *testing.T) {
	c := chart("placed>Placed", "Placed>orders", "paid>Paid", "Paid>orders", "Paid>shipped",
		"shipped>Shipped", "Shipped>orders", "alone")
	p := flowchart.Layout(c)
	check(t, c, p)
	at := boxes(p)
	for _, e := range c.Edges {
		if at[e.From].X+at[e.From].Width >= at[e.To].X {
			t.Errorf("%s is not left of %s", e.From, e.To)
		}
	}
	if len(p.Boxes) != len(c.Nodes) || len(p.Arrows) != len(c.Edges) {
		t.Errorf("%d boxes and %d arrows", len(p.Boxes), len(p.Arrows))
	}
}

// A circle has one arrow that goes back, and what does not exist is left out.
func TestCircles(t *testing.T) {
	c := chart("a>b", "b>c", "c>a", "a>a")
	c.Edges = append(c.Edges, flowchart.Edge{From: "a", To: "nobody"})
	p := flowchart.Layout(c)
	check(t, c, p)
	back, at := 0, boxes(p)
	for _, a := range p.Arrows {
		if at[a.From].X > at[a.To].X {
			back++
		}
	}
	if back != 1 || len(p.Arrows) != 3 {
		t.Errorf("%d of %d arrows go back", back, len(p.Arrows))
	}
}

// Two pairs whose arrows would cross are sorted.
func TestFewCrossings(t *testing.T) {
	p := flowchart.Layout(chart("a>x", "b>y", "c>z", "a>z", "b>x", "c>y", "p>q", "a>1", "b>2", "c>3",
		"3>c3", "2>c2", "1>c1"))
	at := boxes(p)
	if at["a"].Y < at["b"].Y != (at["1"].Y < at["2"].Y) {
		t.Errorf("arrows cross without need: %+v", at)
	}
}

func TestLabels(t *testing.T) {
	long := strings.Repeat("é", 80)
	p := flowchart.Layout(flowchart.Chart{Nodes: []flowchart.Node{
		{ID: "long", Label: long}, {ID: "note", Label: "a", Note: "in a topic"}, {ID: "a", Label: "a"},
		{ID: "a", Label: "twice"},
	}})
	at := boxes(p)
	if b := at["long"]; b.Label != long || len([]rune(b.Text)) > 30 || !strings.HasSuffix(b.Text, "…") {
		t.Errorf("a long label is cut to %q", b.Text)
	}
	if at["note"].Height <= at["a"].Height || len(p.Boxes) != 3 {
		t.Errorf("%+v", p.Boxes)
	}
	if empty := flowchart.Layout(flowchart.Chart{}); len(empty.Boxes) != 0 {
		t.Errorf("nothing: %+v", empty)
	}
}

func TestRandomCharts(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var edges []string
		n := 2 + r.IntN(30)
		for range n + r.IntN(2*n) {
			edges = append(edges, fmt.Sprintf("%d>%d", r.IntN(n), r.IntN(n)))
		}
		c := chart(edges...)
		check(t, c, flowchart.Layout(c))
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed, edges)
		}
	}
}
