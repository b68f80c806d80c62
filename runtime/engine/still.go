package engine

import "time"

// stillAfter is how long something may hold up a start before the log says what it is.
const stillAfter = 5 * time.Second

// still has the log say what goes on if it takes long, and that it is done, when the function returned is called.
func (a *App) still(what string) (done func()) {
	started := time.Now()
	timer := time.AfterFunc(stillAfter, func() {
		a.config.Log.Info("brook: still "+what, "app", a.config.Name, "for", time.Since(started).Round(time.Second))
	})
	return func() {
		if !timer.Stop() {
			a.config.Log.Info("brook: done "+what, "app", a.config.Name, "took", time.Since(started).Round(time.Millisecond))
		}
	}
}
