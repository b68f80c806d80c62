// Package plan works out from what a package's code says how it is run, and what its views are made from. All of it is pure functions of
// plain data.
package plan

import (
	"maps"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// Reads reports whether the app reads a topic.
func (p *Code) Reads(topic string) bool { return slices.Contains(p.Topics, topic) }

// Code is what the code of a package is like: what it makes its rows from, and how its partitions
// can be run. It never changes.
type Code struct {
	Layout       *schema.Layout
	sets         []string // names of the handler sets, in order
	handlers     []Handler
	defaultTopic string // of events that declare none
	Events       map[string]schema.Event
	Topics       []string          // that the app reads, sorted
	Made         map[string]Origin // what rows are made from, by collection
	Contract     string            // a hash of that and of the indexes
}

// New returns what a package is like. defaultTopic is that of events that declare none; discards
// are the types of events that are received and ignored on purpose.
func New(defaultTopic string, sets []string, handlers []Handler, discards []string,
	collections []brook.AnyCollection, events []brook.AnyEvent) *Code {
	p := &Code{Layout: LayoutOf(collections), sets: sets, handlers: handlers, defaultTopic: defaultTopic, Events: map[string]schema.Event{}}
	for _, e := range events {
		info := e.Info()
		p.Events[info.Type] = info
	}
	topics := map[string]bool{}
	for _, h := range handlers {
		topics[p.Topic(p.Events[h.Event].Topic)] = true
	}
	for _, typ := range discards {
		topics[p.Topic(p.Events[typ].Topic)] = true
	}
	p.Topics = slices.Sorted(maps.Keys(topics))
	p.Made = p.structure()
	p.Contract = p.contractOf(p.Made)
	return p
}

// LayoutOf numbers the tables of a package's collections.
func LayoutOf(collections []brook.AnyCollection) *schema.Layout {
	var infos []schema.Collection
	for _, c := range collections {
		infos = append(infos, c.Info())
	}
	return schema.NewLayout(infos)
}

func (p *Code) Topic(declared string) string {
	if declared == "" {
		return p.defaultTopic
	}
	return declared
}
