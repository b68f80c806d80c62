// Kafka runs the shop of the quickstart on Kafka, its views in a directory on disk. Each time it
// places some orders, waits until they are in the views, and shows what these hold. Started again,
// it goes on where it was: it folds what is new, and no event twice.
//
//	scripts/kafka start                          # a broker to try things with; prints BROOK_KAFKA=ADDRESS
//	go run ./examples/kafka -brokers ADDRESS
//
// With -metrics it serves what Prometheus scrapes, and goes on placing orders until it is
// interrupted:
//
//	go run ./examples/kafka -brokers ADDRESS -metrics localhost:9464
//	curl localhost:9464/metrics
//
// The directory deploy has a compose file with all that is around it, and a dashboard.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"

	"github.com/brookgen/brookgen/examples/quickstart/shop"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

func main() {
	log.SetFlags(0)
	brokers := flag.String("brokers", "localhost:9092", "the cluster's brokers, with comma between")
	dir := flag.String("dir", "shop-views", "the directory of the views")
	topic := flag.String("topic", "shop", "the topic, which is made where it is not there")
	orders := flag.Int("orders", 3, "how many orders to place")
	address := flag.String("metrics", "", "where to serve /metrics, such as localhost:9464; then it goes on "+
		"placing orders until it is interrupted")
	every := flag.Duration("every", time.Second, "with -metrics, the time between two orders")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := service{
		brokers: strings.Split(*brokers, ","), topic: *topic, dir: *dir, metrics: *address, every: *every,
	}
	if err := s.run(ctx, os.Stdout, *orders); err != nil {
		log.Fatal(err)
	}
}

// service is the shop as it was asked for.
type service struct {
	brokers    []string
	topic, dir string
	metrics    string        // where they are served; "": nowhere
	every      time.Duration // between orders, if metrics are served
}

func (s *service) run(ctx context.Context, out io.Writer, orders int) (err error) {
	driver, err := kafkadriver.Open(s.brokers, nil, kafkadriver.CreateTopics(4, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	store, err := badgerstore.Open(s.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	var folded atomic.Int64
	config := brook.Config{
		Author: "shop",
		Topic:  s.topic,
		Driver: driver,
		Store:  store,
		Log:    slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Hooks:  brook.Hooks{Commit: func(c brook.Commit) { folded.Add(int64(c.Events)) }},
	}
	measured, err := newMetrics()
	if err != nil {
		return err
	}
	telemetry, err := brookotel.Instrument(&config, brookotel.Options{MeterProvider: measured.provider})
	if err != nil {
		return err
	}
	app, err := shop.NewApp(config, shop.Projection{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if _, err := telemetry.Observe(app); err != nil {
		return err
	}

	// Views can be read before anything runs: they are where the last run left them.
	before, err := app.Views.Orders.Len()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Orders in the views: %d\n", before)

	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(running) }()
	err = buy(ctx, app, before, orders)
	if s.metrics != "" && err == nil {
		err = s.goOn(ctx, app, before+orders, measured)
	}
	stop()
	if err = errors.Join(err, <-done); err != nil {
		return err
	}

	ada, err := app.Views.Users.ByEmail("ada@example.com")
	if err != nil {
		return err
	}
	after, err := app.Views.Orders.Len()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Orders in the views: %d, of them ada's: %d\nEvents folded in this run: %d\n",
		after, ada.Orders, folded.Load())
	return nil
}

// goOn serves metrics and places an order now and then, until ctx ends.
func (s *service) goOn(ctx context.Context, app *shop.App, before int, m *metrics) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop() // the address may be taken
		served <- m.serve(ctx, s.metrics)
	}()
	ticks := time.NewTicker(s.every)
	defer ticks.Stop()
	for ; ctx.Err() == nil; before++ {
		select {
		case <-ctx.Done():
		case <-ticks.C:
			if err := buy(ctx, app, before, 1); err != nil && ctx.Err() == nil {
				stop()
				return errors.Join(err, <-served)
			}
		}
	}
	return <-served
}

// buy has ada sign up, where she has not yet, and place orders.
func buy(ctx context.Context, app *shop.App, before, orders int) error {
	known, err := app.Views.Users.Has("ada")
	if err != nil {
		return err
	}
	if !known {
		pos, err := app.Publish.UserRegistered(ctx,
			shop.UserRegistered{ID: "ada", Email: "ada@example.com"})
		if err != nil {
			return err
		}
		if err := app.WaitFor(ctx, pos); err != nil {
			return err
		}
	}
	for n := range orders {
		id := fmt.Sprintf("o%d", before+n+1)
		pos, err := app.Publish.OrderPlaced(ctx,
			shop.OrderPlaced{OrderID: id, UserID: "ada", Cents: 995})
		if err != nil {
			return err
		}
		if err := app.WaitFor(ctx, pos); err != nil { // read your own writes
			return err
		}
	}
	return nil
}
