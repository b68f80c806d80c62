package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/templates/model"
)

func graphCommand() command {
	return command{
		name: "graph", args: "[-format mermaid|dot] [-v] [packages]", maximum: -1,
		short: "draw which events are handled where, and what comes of it",
		long:  graphManual,
		flags: func(set *flag.FlagSet) func(*job) {
			format := set.String("format", "mermaid", "mermaid or dot")
			verbose := set.Bool("v", false, "say of each handler what the hash of its code covers")
			return func(j *job) { j.format, j.verbose = *format, *verbose }
		},
		run: drawGraph,
	}
}

func drawGraph(j *job) int {
	draw := map[string]func(io.Writer, flow) error{"mermaid": drawMermaid, "dot": drawDot}[j.format]
	if draw == nil {
		j.complain("unknown format %q: it is mermaid or dot", j.format)
		return misuse
	}
	found, err := load.Load(j.ctx, j.dir, j.args)
	if err != nil {
		j.complain("%v", err)
		return failure
	}
	if len(found.Diagnostics) > 0 {
		if err := load.Print(j.err, j.dir, found.Diagnostics); err != nil {
			j.complain("%v", err)
		}
		return failure
	}
	if err := draw(j.out, j.flowOf(found.Packages)); err != nil {
		j.complain("%v", err)
		return failure
	}
	return success
}

// A flow is the picture of some packages. Nodes have ids e0, h0, c0, j0, … in order of appearance.
type flow struct {
	events []node
	groups []group
	edges  []edge
	notes  []string // how the packages run, and why
}

// A group holds the handlers and workers, collections and jobs of a package.
type group struct {
	path        string
	handlers    []node
	collections []node
	jobs        []node
}

type node struct{ id, text string }

type edge struct {
	from, to string
	kind     edgeKind
}

type edgeKind uint8

const (
	handles edgeKind = iota // event to handler
	reads                   // collection to handler
	writes                  // handler to collection
	sets                    // handler to the event of a timer
	emits                   // handler or worker to event
	asks                    // handler to job
	works                   // job to worker
)

// flowOf draws events once each, by their names: that is how packages hang together.
func (j *job) flowOf(pkgs []*model.Package) flow {
	var f flow
	events := map[string]string{}
	event := func(e *model.Event) string {
		if events[e.Name] == "" {
			events[e.Name] = fmt.Sprintf("e%d", len(f.events))
			f.events = append(f.events, node{events[e.Name], e.Name})
		}
		return events[e.Name]
	}
	handlers, collections, jobs := 0, 0, 0
	for _, p := range pkgs {
		g := group{path: p.Path}
		ids := map[*model.Collection]string{}
		for _, e := range p.Events {
			event(e)
		}
		for _, c := range p.Collections {
			ids[c] = fmt.Sprintf("c%d", collections)
			collections++
			g.collections = append(g.collections, node{ids[c], c.Name})
		}
		done := map[*model.Event]string{}
		for _, work := range p.Jobs {
			done[work] = fmt.Sprintf("j%d", jobs)
			jobs++
			g.jobs = append(g.jobs, node{done[work], work.Name})
		}
		for _, s := range p.Sets {
			for _, h := range s.Handlers {
				id := fmt.Sprintf("h%d", handlers)
				handlers++
				g.handlers = append(g.handlers, node{id, s.Name + "." + h.Name + taken(h) + j.beside(h)})
				f.add(event(h.Event), id, handles)
				for _, r := range h.Reads {
					f.add(ids[r.Collection], id, reads)
				}
				for _, r := range h.Results {
					switch r.Kind {
					case model.Change:
						f.add(id, ids[r.Collection], writes)
					case model.Emission:
						f.add(id, event(r.Event), emits)
					case model.Timer:
						f.add(id, event(r.Event), sets)
					case model.Request:
						f.add(id, done[r.Event], asks)
					}
				}
			}
			for _, w := range s.Workers {
				id := fmt.Sprintf("h%d", handlers)
				handlers++
				g.handlers = append(g.handlers, node{id, s.Name + "." + w.Name})
				f.add(done[w.Job], id, works)
				for _, r := range w.Results {
					f.add(id, event(r.Event), emits)
				}
			}
		}
		if len(g.handlers)+len(g.collections) > 0 {
			f.groups = append(f.groups, g)
		}
	}
	var notes strings.Builder
	j.printLanes(&notes, "", pkgs)
	if j.verbose {
		printCode(&notes, pkgs)
	}
	f.notes = strings.Split(strings.TrimSuffix(notes.String(), "\n"), "\n")
	return f
}

func (f *flow) add(from, to string, kind edgeKind) {
	e := edge{from, to, kind}
	for _, other := range f.edges {
		if other == e {
			return
		}
	}
	f.edges = append(f.edges, e)
}

// taken is what stands behind the name of a handler that takes no event but its tombstones.
func taken(h *model.Handler) string {
	if h.Tombstone != nil {
		return " (tombstones)"
	}
	return ""
}
