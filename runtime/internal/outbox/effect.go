package outbox

import brook "github.com/brookgen/brookgen/runtime"

// Effect is an effect with the event that asked for it.
type Effect struct {
	Position brook.Position // of the event
	Set      string         // the handler set
	Headers  []brook.Header // the trace of the set, if somebody sees it
	Run      brook.Effect
}
