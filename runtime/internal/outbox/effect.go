package outbox

import brook "github.com/brookgen/brookgen/runtime"

// Effect is an effect with what it belongs to.
type Effect struct {
	Position brook.Position
	Set      string
	Run      brook.Effect
}
