package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// drawMermaid writes a flowchart for Markdown: events are rounded, collections are drums, jobs
// are hexagons, a dotted arrow reads and a thick one emits, at once or, if it says so, when a timer
// is due, or asks for a job.
func drawMermaid(w io.Writer, f flow) error {
	var b bytes.Buffer
	b.WriteString("flowchart LR\n")
	for _, n := range f.events {
		fmt.Fprintf(&b, "\t%s([%s])\n", n.id, mermaidText(n.text))
	}
	for i, g := range f.groups {
		fmt.Fprintf(&b, "\tsubgraph p%d [%s]\n", i, mermaidText(g.path))
		for _, n := range g.handlers {
			fmt.Fprintf(&b, "\t\t%s[%s]\n", n.id, mermaidText(n.text))
		}
		for _, n := range g.collections {
			fmt.Fprintf(&b, "\t\t%s[(%s)]\n", n.id, mermaidText(n.text))
		}
		for _, n := range g.jobs {
			fmt.Fprintf(&b, "\t\t%s{{%s}}\n", n.id, mermaidText(n.text))
		}
		b.WriteString("\tend\n")
	}
	for _, e := range f.edges {
		arrow := map[edgeKind]string{handles: "-->", writes: "-->", reads: "-.->",
			emits: "==>", sets: `== "timer" ==>`, asks: "==>", works: "-->"}[e.kind]
		fmt.Fprintf(&b, "\t%s %s %s\n", e.from, arrow, e.to)
	}
	for _, n := range f.notes {
		fmt.Fprintf(&b, "\t%%%% %s\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func mermaidText(s string) string {
	return `"` + strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "\n",
		"<br>").Replace(s) + `"`
}
