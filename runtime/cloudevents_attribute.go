package brook

import (
	"fmt"
	"strings"

	"github.com/brookgen/brookgen/runtime/internal/text"
)

// checkAttribute returns an error if a header of the user's can't be written beside others.
func checkAttribute(h *Header, others []Header, there *names) error {
	name, is := cutAttribute(h.Key)
	switch {
	case strings.EqualFold(h.Key, contentTypeName):
		return fmt.Errorf("header %q: it belongs to the envelope", h.Key)
	case !is:
		return nil
	}
	switch name {
	case "specversion", "id", "source", "type", "time", "datacontenttype", "data",
		"brookcause", "brooklane", "brookhash", "brookversion":
		return fmt.Errorf("header %q: it belongs to the envelope", h.Key)
	}
	switch {
	case name == "" || h.Key != attributePrefix+name || strings.ContainsFunc(name, notInName):
		return fmt.Errorf("header %q: "+
			"a CloudEvents attribute is named by lower-case letters and digits", h.Key)
	case len(h.Value) == 0:
		return fmt.Errorf("header %q: a CloudEvents attribute can't be empty", h.Key)
	case there.have(others, h.Key):
		return fmt.Errorf("header %q: a CloudEvents attribute can't occur twice", h.Key)
	}
	if err := text.Check(h.Value); err != nil {
		return fmt.Errorf("header %q: a CloudEvents attribute must be text: %w", h.Key, err)
	}
	return nil
}

// notInName reports whether the name of an attribute can't have r.
func notInName(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }

// cutAttribute returns the name of an attribute in lower case, and whether a header is one.
func cutAttribute(key string) (name string, is bool) {
	if len(key) < len(attributePrefix) ||
		!strings.EqualFold(key[:len(attributePrefix)], attributePrefix) {
		return "", false
	}
	return strings.ToLower(key[len(attributePrefix):]), true
}
