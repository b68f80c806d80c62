package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Fingerprint returns what makes the views, line by line, as it was stored in layout 2: without
// topics.
func (p *Code) Fingerprint() []string {
	var lines []string
	for _, h := range p.handlers {
		lines = append(lines, fmt.Sprintf("set %s handles %s", p.sets[h.Set], h.Event))
	}
	for _, c := range p.Layout.Collections {
		lines = append(lines, fmt.Sprintf("collection %s is keyed by %s", c.Name, c.Shape))
	}
	slices.Sort(lines)
	return append(lines, "sets run in the order "+strings.Join(p.sets, ", "))
}
