package brookhttp

import (
	"github.com/brookgen/brookgen/runtime/brookhttp/internal/flowchart"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// flow is where the events of an app flow.
type flow struct {
	Events      []inspect.Event      `json:"events"`
	Handlers    []inspect.Handler    `json:"handlers"`
	Workers     []inspect.Worker     `json:"workers,omitempty"`
	Collections []inspect.Collection `json:"collections"`
	// Rates are, by handler, how many events it got in a second, in the last minute.
	Rates   []float64         `json:"rates"`
	Picture flowchart.Picture `json:"-"`
}

// Rated reports whether the flow has a rate of each handler.
func (f flow) Rated() bool { return len(f.Rates) == len(f.Handlers) && len(f.Rates) > 0 }

// mostHandlers is how many handlers have a box of their own in the picture. If there are more, a
// box stands for a handler set.
const mostHandlers = 40

// newFlow returns the flow of a structure, with its picture.
func newFlow(s inspect.Structure, rates []float64) flow {
	f := flow{Events: s.Events, Handlers: s.Handlers, Workers: s.Workers,
		Collections: s.Collections, Rates: rates}
	d := drawing{
		boxes: map[string]bool{}, arrows: map[[3]string]int{}, rated: f.Rated(),
		each: len(s.Handlers) <= mostHandlers, sets: map[string]bool{}, topics: map[string]bool{},
	}
	for _, h := range s.Handlers {
		d.sets[h.Set] = true
	}
	for _, e := range s.Events {
		d.topics[e.Topic] = true
	}
	for _, e := range s.Events {
		d.event(e)
	}
	for i, h := range s.Handlers {
		rate := 0.0
		if d.rated {
			rate = rates[i]
		}
		d.handler(h, rate)
	}
	for _, w := range s.Workers {
		d.worker(w)
	}
	for _, c := range s.Collections {
		d.box(flowchart.Node{ID: "collection " + c.Name, Kind: "collection", Label: c.Name,
			Link: href("rows", "collection", c.Name)})
	}
	d.weigh()
	f.Picture = flowchart.Layout(d.chart)
	return f
}

// drawing collects the boxes and arrows of the picture, each once.
type drawing struct {
	chart  flowchart.Chart
	boxes  map[string]bool
	arrows map[[3]string]int // by from, to and kind, its place in the chart
	rates  []float64         // of the arrows of the chart
	rated  bool              // the rates are known
	each   bool              // each handler has a box
	sets   map[string]bool   // handler sets
	topics map[string]bool   // of the events
}

func (d *drawing) box(n flowchart.Node) {
	if !d.boxes[n.ID] {
		d.boxes[n.ID] = true
		d.chart.Nodes = append(d.chart.Nodes, n)
	}
}

// arrow draws an arrow. Further ones of the same kind and ends add to its rate.
func (d *drawing) arrow(from, to, kind string, rate float64) {
	id := [3]string{from, to, kind}
	at, ok := d.arrows[id]
	if !ok {
		at = len(d.chart.Edges)
		d.arrows[id] = at
		d.chart.Edges = append(d.chart.Edges, flowchart.Edge{From: from, To: to, Kind: kind})
		d.rates = append(d.rates, 0)
	}
	d.rates[at] += rate
}

// event draws an event that is handled or published. One that is ignored on purpose flows nowhere.
func (d *drawing) event(e inspect.Event) {
	if !e.Handled && !e.Published {
		return
	}
	n := flowchart.Node{ID: "event " + e.Type, Kind: "event", Label: e.Type}
	if len(d.topics) > 1 {
		n.Note = "in " + e.Topic
	}
	d.box(n)
}

// handler draws a handler, or its set, with its arrows.
func (d *drawing) handler(h inspect.Handler, rate float64) {
	id, label := "set "+h.Set, h.Set
	if d.each {
		id += "." + h.Name + " " + h.Event
		if label = h.Name; len(d.sets) > 1 {
			label = h.Set + "." + h.Name
		}
	}
	d.box(flowchart.Node{ID: id, Kind: "set", Label: label})
	d.box(flowchart.Node{ID: "event " + h.Event, Kind: "event", Label: h.Event})
	d.arrow("event "+h.Event, id, "handles", rate)
	for _, c := range h.Writes {
		d.arrow(id, "collection "+c, "writes", rate)
	}
	for _, e := range h.Emits {
		d.arrow(id, "event "+e, "emits", 0)
	}
	for _, e := range h.Timers {
		d.arrow(id, "event "+e, "sets", 0)
	}
	for _, j := range h.Jobs {
		d.box(flowchart.Node{ID: "job " + j, Kind: "job", Label: j, Link: "jobs"})
		d.arrow(id, "job "+j, "asks", 0)
	}
}

// worker draws a job with the events that come of it.
func (d *drawing) worker(w inspect.Worker) {
	d.box(flowchart.Node{ID: "job " + w.Job, Kind: "job", Label: w.Job, Link: "jobs"})
	for _, e := range w.Emits {
		d.arrow("job "+w.Job, "event "+e, "emits", 0)
	}
}

// weigh makes the arrows as thick as their rates are, and labels those that lead to handlers.
func (d *drawing) weigh() {
	most := 0.0
	for _, r := range d.rates {
		most = max(most, r)
	}
	for i := range d.chart.Edges {
		e, r := &d.chart.Edges[i], d.rates[i]
		switch {
		case r == 0:
		case r > most/2:
			e.Weight = 3
		case r > most/10:
			e.Weight = 2
		default:
			e.Weight = 1
		}
		if r > 0 && e.Kind == "handles" {
			e.Label = perSecond(r) + "/s"
		}
	}
}
