package batch

import (
	"fmt"

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

// Unpublished returns the reports of letters that are not published to Config.DeadLetterTopic,
// because a commit that holds their records twice is too large.
func Unpublished(items []*outbox.Item) (failures []brook.Failure) {
	for _, item := range items {
		failures = append(failures, brook.Failure{
			What: "publish a dead letter to Config.DeadLetterTopic", Position: item.Position,
			Attempts: 1, Final: true,
			Err: fmt.Errorf("%w: the store does not take its record in one commit with the letter, "+
				"which is kept", brook.ErrTooLarge),
		})
	}
	return failures
}
