package faulttest_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestBrokerKilled: the only broker is killed and comes back while apps publish and fold; the
// second time they are rebuilt, too.
func TestBrokerKilled(t *testing.T) {
	t.Parallel()
	c := own(t, 1)
	ctx := limit(t)
	topic := c.topic(3, nil)
	inMemory := run(t, config(c.driver(nil), mapstore.New(), topic), audit())
	onDisk := run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), audit())
	l := begin(t, ctx, inMemory.App)
	rebuilt := make(chan error, 2)
	for n := range 2 {
		l.more(1000)
		if n == 1 {
			for _, app := range []*instance{inMemory, onDisk} {
				go func() { rebuilt <- app.Rebuild(ctx) }()
			}
		}
		c.kill(1)
		for _, app := range []*instance{inMemory, onDisk} {
			app.failures.await(t, ctx, "read", app.failures.times("read")+1)
		}
		if n == 0 {
			t.Log("both noticed")
		}
		c.up(1)
	}
	l.more(1000)
	for range 2 {
		if err := <-rebuilt; err != nil {
			t.Errorf("Rebuild: %v", err)
		}
	}
	l.stop()
	finish(ctx, inMemory, onDisk)
	l.check(c.read(ctx, topic), same(t, ctx, c, topic, inMemory, onDisk))
}
