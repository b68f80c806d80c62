package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deploy/v2"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Ordered is a log that stays as it is, of the events of package deploy/v2, the same in
// every process that makes it. What apps publish goes to the end of a file, which several
// processes may share.
type Ordered struct {
	Still
	sent *os.File
	mu   sync.Mutex
}

// Publish adds records to the file, one a line.
func (d *Ordered) Publish(_ context.Context, records []brook.Record) ([]brook.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	positions := make([]brook.Position, len(records))
	for i := range records {
		line, err := json.Marshal(&records[i])
		if err == nil {
			// which is in the file once, and whole, also after a kill
			_, err = d.sent.Write(append(line, '\n'))
		}
		if err != nil {
			return nil, err
		}
		positions[i] = brook.Position{Topic: records[i].Topic, Partition: records[i].Partition}
	}
	return positions, nil
}

// NewOrdered makes the log of n events, the same for the same seed. Some of it fails in v1 alone,
// and the end of it in v2 too.
func NewOrdered(seed uint64, partitions, n int, sent *os.File) (*Ordered, error) {
	d := memdriver.New(memdriver.Topic("deploy", partitions))
	config := brook.Config{Author: "deploy", Driver: Dated(d), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler)}
	app, err := v2.NewApp(config, v2.Orders{})
	if err != nil {
		return nil, err
	}
	rnd := rand.New(rand.NewPCG(seed, 5))
	_, err = app.PublishAll(context.Background(), func(yield func(brook.Outgoing) bool) {
		for i := range n {
			user := fmt.Sprint(rnd.IntN(20))
			placed := v2.Placed{User: user, Order: fmt.Sprintf("order-%d", i),
				Cents: rnd.Int64N(1000)}
			switch kind := rnd.IntN(100); {
			case kind < 2 && i > n/10:
				placed.Fails = "v1"
			case kind < 4 && i > n-n/8 || i == n-30:
				placed.Fails = "always"
			case kind < 20:
				if !yield(brook.Emit(v2.Returned{User: user, Cents: rnd.Int64N(100)})) {
					return
				}
				continue
			}
			if !yield(brook.Emit(placed)) {
				return
			}
		}
	})
	return &Ordered{Still: Still{Driver: d}, sent: sent}, errors.Join(err, app.Close())
}
