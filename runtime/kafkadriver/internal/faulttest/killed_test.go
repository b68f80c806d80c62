package faulttest_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
)

// TestConsumerKilled: processes that fold into one store are killed, one after the other, in the
// middle of batches and of publishing.
func TestConsumerKilled(t *testing.T) {
	t.Parallel()
	c := shared(t)
	ctx := limit(t)
	topic := c.topic(3, nil)
	writer, err := ledger.NewApp(config(c.driver(nil), mapstore.New(), topic),
		ledger.Books{}, audit())
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	l := paced(t, ctx, writer)
	l.give(300)

	dir := filepath.Join(t.TempDir(), "store")
	const kills = 20
	for n := range kills {
		l.give(20)
		p := spawn(t, ctx, order{Addrs: c.addrs, Topic: topic, Badger: dir,
			Batch: 1 + rand.IntN(12)})
		if n%5 == 4 { // it has to find out first that the one before is dead
			p.await([]string{publishing, published}[n%2], 1)
		} else {
			p.await(committed, 1+rand.IntN(40))
		}
		time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Millisecond)))) // any instant will do
		p.kill()
	}
	l.stop()
	app := run(t, config(c.driver(nil), badger(t, dir), topic), audit())
	finish(ctx, app)
	l.check(c.read(ctx, topic), same(t, ctx, c, topic, app))
}
