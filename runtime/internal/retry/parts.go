package retry

import (
	"errors"

	brook "github.com/brookgen/brookgen/runtime"
)

// InParts commits writes that need not be one commit, in order: all at once or, if the store finds
// that too large, in halves. A single write that is too large ends it.
func InParts(writes []brook.Write, commit func([]brook.Write) error) error {
	if len(writes) == 0 {
		return nil
	}
	err := commit(writes)
	if half := len(writes) / 2; errors.Is(err, brook.ErrTooLarge) && half > 0 {
		if err := InParts(writes[:half], commit); err != nil {
			return err
		}
		return InParts(writes[half:], commit)
	}
	return err
}
