package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/brookgen/brookgen/templates/model"
)

// printCode tells of each handler what the hash of its code covers.
func printCode(w io.Writer, pkgs []*model.Package) {
	for _, p := range pkgs {
		if len(p.Sets) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s: code\n", p.Path)
		for _, s := range p.Sets {
			for _, h := range s.Handlers {
				fmt.Fprintf(w, "\t%s %s: %s\n", h.Code, s.Name+"."+h.Name,
					strings.Join(h.Covers, ", "))
			}
		}
	}
}
