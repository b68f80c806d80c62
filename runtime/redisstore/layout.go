package redisstore

import (
	"fmt"
	"strconv"
)

// layoutVersion is the version of the layout that the package documentation describes.
const layoutVersion = 1

// checkLayout refuses a view of another layout. A view without commits has the layout "".
func (v *view) checkLayout(text string) error {
	if text == "" {
		return nil
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s: the version %.20q is no number", ErrLayout, v.key, text)
	case version > layoutVersion:
		return fmt.Errorf("%w: %s has layout %d, and this version of redisstore knows layouts up "+
			"to %d: use the brook version that wrote it, or a newer one",
			ErrLayout, v.key, version, layoutVersion)
	}
	return nil
}
