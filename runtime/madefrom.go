package brook

import "fmt"

func (a *App) setNow(_, set string) string { return set }

// madeFrom names the event types that the live views were made from.
func (a *App) madeFrom() map[string]bool {
	types := map[string]bool{}
	for _, line := range a.state.Fingerprint {
		var set, typ string
		if n, _ := fmt.Sscanf(line, "set %s handles %s", &set, &typ); n == 2 {
			types[typ] = true
		}
	}
	return types
}
