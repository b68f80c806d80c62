package brook

import (
	"context"
	"slices"
	"time"
)

// listen makes the store's announcements reach the watchers, from the first watcher on until the app closes.
func (a *App) listen() {
	announcer, ok := a.store.(Announcer)
	if !ok || a.closed.Load() {
		return
	}
	a.listening.Do(func() {
		a.hub.mu.Lock()
		a.hub.remote = true
		a.hub.mu.Unlock()
		a.background.Go(func() {
			for attempts := 1; a.ctx.Err() == nil; attempts++ {
				started := time.Now()
				err := a.hear(announcer)
				a.hub.gap() // nobody knows what was announced meanwhile
				if a.ctx.Err() != nil {
					return
				}
				if err == nil || time.Since(started) > time.Minute {
					attempts = 0
					continue
				}
				a.failure(Failure{What: "listening to the store", Attempts: attempts, Err: err})
				if sleep(a.ctx, a.config.Retry.wait(attempts)) != nil {
					return
				}
			}
		})
	})
}

// hear hands announcements on until they break, or until the live tables are others.
func (a *App) hear(announcer Announcer) error {
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	g := a.live.Load()
	var rows []Table
	for _, slot := range a.layout.rows {
		rows = append(rows, g.tables[slot])
	}
	for news, err := range announcer.Announcements(ctx, rows) {
		switch {
		case err != nil:
			return err
		case a.live.Load() != g:
			return nil
		case news.Missed:
			a.hub.gap()
		}
		if ord := slices.Index(rows, news.Table); ord >= 0 && news.Table != nil {
			a.hub.announce(a.layout.rows[ord], news.Key)
		}
	}
	return nil
}

// announce tells watchers of a row that another process may have written.
func (h *hub) announce(slot int, key []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		if w.slot == slot && (w.key == nil || string(w.key) == string(key)) {
			w.offer(key, announced{})
		}
	}
}
