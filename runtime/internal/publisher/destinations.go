package publisher

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

// reportDestinations reports which topics could not be published to, once for each topic, and which
// can be again.
func (p *Publisher) reportDestinations(failing, recovered []*outbox.Destination) {
	reported := map[string]bool{}
	for _, d := range failing {
		if !reported[d.Topic] {
			reported[d.Topic] = true
			err := fmt.Errorf("topic %s: %w", d.Topic, d.Err)
			p.Report.FailureOf(d.Topic, brook.Failure{What: "publish", Attempts: d.Tries, Err: err})
		}
	}
	for _, d := range recovered {
		if !reported[d.Topic] {
			reported[d.Topic] = true
			p.Report.RecoveredOf(d.Topic, "publish", d.Tries, brook.Position{})
		}
	}
}

// reportAbandoned notes which topics failed that others publish to now.
func (p *Publisher) reportAbandoned() {
	for _, topic := range p.Outbox.Abandoned() {
		p.Report.Ended(topic, "publish", brook.Position{})
	}
}
