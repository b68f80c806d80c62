// Package plan works out from what a package's code declares how it is run, what its views are made
// from, and how that differs from what they were made from before.
//
// Package engine makes one Code when an app opens; catalog, publisher and the tasks read it. All of
// it is pure functions of plain data: a Code never changes, and any goroutine may use it.
package plan

import (
	"maps"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Code is what a package's code declares. It never changes.
type Code struct {
	Layout       *schema.Layout
	sets         []string // names of the handler sets, in order
	handlers     []Handler
	defaultTopic string                  // of events that declare none
	Events       map[string]schema.Event // by type
	today        map[string]string       // types of events by the names that they had before
	tombs        map[string]string       // types of tombstones that are handled, by topic
	Topics       []string                // those that the app reads, sorted
	Made         map[string]Origin       // what rows are made from, by collection
	Contract     string                  // a hash of Made and of the indexes
	Works        bool                    // there are jobs; set by who makes it, as Letters is
	Letters      bool                    // dead letters are published
}

// New returns the Code of a package. defaultTopic is that of events that declare none; discards are
// the types of events that are received and ignored on purpose.
func New(defaultTopic string, sets []string, handlers []Handler, discards []string,
	collections []*brook.Collection, events []*brook.EventDef) *Code {
	p := &Code{
		Layout: LayoutOf(collections), sets: sets, handlers: handlers,
		defaultTopic: defaultTopic, Events: map[string]schema.Event{},
	}
	if slices.ContainsFunc(handlers, func(h Handler) bool { return len(h.Timers) > 0 }) {
		p.Layout.AddTimers()
	}
	for _, e := range events {
		info := e.Info()
		p.Events[info.Type] = info
		if info.Tombstone {
			p.addTombstone(info)
		}
		for _, was := range info.Was {
			if p.today == nil {
				p.today = map[string]string{}
			}
			p.today[was] = info.Type
		}
	}
	topics := map[string]bool{}
	for _, h := range handlers {
		topics[p.Topic(p.Events[h.Event].Topic)] = true
	}
	for _, typ := range discards {
		topics[p.Topic(p.Events[typ].Topic)] = true
	}
	p.Topics = slices.Sorted(maps.Keys(topics))
	p.Made = p.origins()
	p.Contract = p.contract(p.Made)
	return p
}

// LayoutOf numbers the tables of a package's collections.
func LayoutOf(collections []*brook.Collection) *schema.Layout {
	var infos []schema.Collection
	for _, c := range collections {
		infos = append(infos, c.Info())
	}
	return schema.NewLayout(infos)
}

// Topic returns the topic of an event that declares the given one, "" if it declares none.
func (p *Code) Topic(declared string) string {
	if declared == "" {
		return p.defaultTopic
	}
	return declared
}

// Reads reports whether the app reads a topic.
func (p *Code) Reads(topic string) bool { return slices.Contains(p.Topics, topic) }

// Acts reports whether any handler emits, asks for jobs or has effects, there are workers, or dead
// letters are published.
func (p *Code) Acts() bool {
	return p.Works || p.Letters || slices.ContainsFunc(p.handlers, func(h Handler) bool { return h.Acts })
}

// HandlersOf returns the names of the sets that handle an event type.
func (p *Code) HandlersOf(typ string) (sets []string) {
	for _, h := range p.handlers {
		if h.Event == typ {
			sets = append(sets, p.sets[h.Set])
		}
	}
	return sets
}

// Handles reports whether a set has a handler of an event type.
func (p *Code) Handles(set, typ string) bool {
	return slices.Contains(p.HandlersOf(typ), set)
}

// HandlerName returns a handler as Set.Method.
func (p *Code) HandlerName(h *Handler) string { return p.sets[h.Set] + "." + h.Name }
