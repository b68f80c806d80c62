package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// printCaptures tells of handlers whose Merge functions capture the event, at which place, and what
// copying first would save. It is advice: the code is right as it is.
func (j *job) printCaptures(w io.Writer, pkgs []*model.Package) {
	for _, p := range pkgs {
		for _, s := range p.Sets {
			for _, h := range s.Handlers {
				c := h.Capture
				if c == nil {
					continue
				}
				parts := make([]string, len(c.Fields))
				for i, field := range c.Fields {
					parts[i] = c.Event + "." + field
				}
				fmt.Fprintf(w, "%s:%d:%d: %s.%s: %s captures %s: copy %s first, saves about %d bytes an event\n",
					j.short(c.File), c.Line, c.Col, s.Name, h.Name, c.Func, c.Event, strings.Join(parts, " and "), c.Bytes)
			}
		}
	}
}
