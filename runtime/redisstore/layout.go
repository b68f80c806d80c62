package redisstore

import (
	"fmt"
	"strconv"
)

// layoutVersion is that of what is kept on the server, see the package documentation.
const layoutVersion = 1

// checkLayout refuses a view of another layout; that of a view without commits is "".
func (v *view) checkLayout(text string) error {
	if text == "" {
		return nil
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: the version %.20q is no number", ErrLayout, v.key, text)
	case version > layoutVersion:
		return fmt.Errorf("%w: %s has layout %d, and this version of redisstore knows layouts up to %d: use the brook version that wrote it, or a newer one",
			ErrLayout, v.key, version, layoutVersion)
	}
	return nil
}
