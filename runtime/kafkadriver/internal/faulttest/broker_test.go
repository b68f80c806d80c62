package faulttest_test

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestBrokerKilled: the only broker is killed and comes back while apps publish and fold.
func TestBrokerKilled(t *testing.T) {
	t.Parallel()
	c := own(t, 1)
	ctx := limit(t)
	topic := c.topic(3, nil)
	inMemory := run(t, config(c.driver(nil), mapstore.New(), topic), audit())
	onDisk := run(t, config(c.driver(nil), badger(t, t.TempDir()), topic), audit())
	l := begin(t, ctx, inMemory.App)
	for n := range 2 {
		l.more(1000)
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
	l.stop()
	finish(ctx, inMemory, onDisk)
	l.check(c.read(ctx, topic), same(t, ctx, c, topic, inMemory, onDisk))
}
