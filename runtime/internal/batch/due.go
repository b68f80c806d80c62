package batch

import (
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
)

// Due is what follows a commit outside of the quiesce lock, because it may run what users wrote.
type Due struct {
	Letters  []deadletter.Letter
	Unknown  []Unknown
	Failures []brook.Failure
	Commits  []brook.Commit
	Effects  []outbox.Effect
	Strays   []brook.Stray
}

// Unknown is an event of a type that the package does not know.
type Unknown struct {
	Position brook.Position
	Type     string
}
