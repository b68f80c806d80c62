package outbox

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Effect is an effect with the event that asked for it.
type Effect struct {
	Position brook.Position // of the event
	Set      string         // the handler set
	Run      brook.Effect
}

// Freed returns the effects that were deferred and are to run now, of the partitions that wanted
// accepts. It returns each effect once.
func (o *Outbox) Freed(wanted func(partition.ID) bool) (effects []Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, freed := range o.ownership.freed {
		if wanted(id) {
			effects = append(effects, freed...)
			delete(o.ownership.freed, id)
		}
	}
	return effects
}
