package engine

import (
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/plan"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// checkLetterTopic returns an error that wraps ErrConfig if Config.DeadLetterTopic can't work.
func checkLetterTopic(c *brook.Config, code *plan.Code) error {
	if err := text.Check(c.DeadLetterTopic); err != nil {
		return fmt.Errorf("%w: DeadLetterTopic is %.200q: %w", brook.ErrConfig, c.DeadLetterTopic, err)
	}
	if code.Reads(c.DeadLetterTopic) {
		return fmt.Errorf("%w: DeadLetterTopic is %q, which the app reads: what failed would come "+
			"again and fail again: name another topic", brook.ErrConfig, c.DeadLetterTopic)
	}
	return nil
}
