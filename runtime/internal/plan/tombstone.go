package plan

import (
	"fmt"

	"github.com/brookgen/brookgen/runtime/internal/schema"
)

// addTombstone notes that the null values of a topic are handled.
func (p *Code) addTombstone(info schema.Event) {
	if p.tombs == nil {
		p.tombs = map[string]string{}
	}
	p.tombs[p.Topic(info.Topic)] = info.Type
}

// Tombstone returns the type that null values of a topic have; "" if no handler takes them.
func (p *Code) Tombstone(topic string) string { return p.tombs[topic] }

// TombstoneConflict returns in words why null values can't be told apart: other events of the
// package are in the topic of the one whose tombstones are handled; "" if there are none. What
// decides is Config.Topic: the rest is known to the generator.
func (p *Code) TombstoneConflict(suffix string) string {
	for topic, tomb := range p.tombs {
		for typ, e := range p.Events {
			if typ != tomb && typ+suffix != tomb && p.Topic(e.Topic) == topic {
				return fmt.Sprintf("the topic %s has events %s too, so that its null values are not "+
					"known to be those of %s: give one another topic", topic, typ, tomb)
			}
		}
	}
	return ""
}
