package main

import (
	"fmt"
	"io"

	"github.com/brookgen/brookgen/templates/model"
)

// lanes says whether a package's partitions can be folded side by side, and else what stands
// against it, a line each.
func (j *job) lanes(p *model.Package) (verdict string, reasons []string) {
	var asserted bool
	for _, s := range p.Sets {
		for _, h := range s.Handlers {
			asserted = asserted || h.Partitioned
			reasons = append(reasons, j.against(s, h)...)
		}
	}
	switch {
	case len(p.Sets) == 0:
		return "", nil
	case len(reasons) > 0:
		return "partitions are folded in one lane", reasons
	case asserted:
		return "partitions are folded side by side, as is asserted", nil
	}
	return "partitions are folded side by side", nil
}

// against says what in a handler stands against it.
func (j *job) against(s *model.Set, h *model.Handler) (reasons []string) {
	name := s.Name + "." + h.Name
	if h.Obstacle != "" {
		return []string{fmt.Sprintf("%s:%d:%d: %s %s", j.short(h.File), h.Line, h.Col, name,
			h.Obstacle)}
	}
	if h.Partitioned {
		return nil
	}
	for _, d := range h.Doubts {
		reasons = append(reasons, fmt.Sprintf("%s:%d:%d: %s: %s: %s", j.short(d.File), d.Line,
			d.Col, name, d.Text, d.Why))
	}
	return reasons
}

// beside is what stands below a handler's name in a picture: what keeps its package to one lane,
// and where.
func (j *job) beside(h *model.Handler) string {
	switch {
	case h.Obstacle != "":
		return "\none lane: " + h.Obstacle
	case len(h.Doubts) == 0:
		return ""
	case h.Partitioned:
		return "\npartitioned, as is asserted"
	}
	d := h.Doubts[0]
	return fmt.Sprintf("\none lane: %s at %s:%d", d.Text, j.short(d.File), d.Line)
}

// printLanes tells of each package how it runs, and why, each line behind a prefix.
func (j *job) printLanes(w io.Writer, prefix string, pkgs []*model.Package) {
	for _, p := range pkgs {
		verdict, reasons := j.lanes(p)
		if verdict == "" {
			continue
		}
		fmt.Fprintf(w, "%s%s: %s\n", prefix, p.Path, verdict)
		for _, r := range reasons {
			fmt.Fprintf(w, "%s\t%s\n", prefix, r)
		}
	}
}
