package catalog

import "fmt"

// MadeFrom names the event types that the live views were made from.
func (c *Catalog) MadeFrom() map[string]bool {
	types := map[string]bool{}
	for _, o := range c.State.Made {
		for _, c := range o.Events {
			types[c.Event] = true
		}
	}
	for _, line := range c.State.Fingerprint {
		var set, typ string
		if n, _ := fmt.Sscanf(line, "set %s handles %s", &set, &typ); n == 2 {
			types[typ] = true
		}
	}
	return types
}
