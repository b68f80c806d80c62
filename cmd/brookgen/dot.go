package main

import (
	"bytes"
	"fmt"
	"io"
)

// drawDot writes the picture for Graphviz, with the shapes and arrows of drawMermaid.
func drawDot(w io.Writer, f flow) error {
	var b bytes.Buffer
	b.WriteString("digraph brook {\n\trankdir=LR\n\tnode [shape=box]\n")
	for _, n := range f.events {
		fmt.Fprintf(&b, "\t%s [label=%q shape=box style=rounded]\n", n.id, n.text)
	}
	for i, g := range f.groups {
		fmt.Fprintf(&b, "\tsubgraph cluster_%d {\n\t\tlabel=%q\n", i, g.path)
		for _, n := range g.handlers {
			fmt.Fprintf(&b, "\t\t%s [label=%q]\n", n.id, n.text)
		}
		for _, n := range g.collections {
			fmt.Fprintf(&b, "\t\t%s [label=%q shape=cylinder]\n", n.id, n.text)
		}
		for _, n := range g.jobs {
			fmt.Fprintf(&b, "\t\t%s [label=%q shape=hexagon]\n", n.id, n.text)
		}
		b.WriteString("\t}\n")
	}
	for _, e := range f.edges {
		style := map[edgeKind]string{reads: " [style=dotted]", emits: " [style=bold]",
			sets: " [style=bold label=\"timer\"]", asks: " [style=bold]"}[e.kind]
		fmt.Fprintf(&b, "\t%s -> %s%s\n", e.from, e.to, style)
	}
	for _, n := range f.notes {
		fmt.Fprintf(&b, "\t// %s\n", n)
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}
