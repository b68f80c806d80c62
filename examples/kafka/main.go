// Kafka runs the shop of the quickstart on Kafka, its views in a directory on disk. Each time it
// places some orders, waits until they are in the views, and shows what these hold. Started again,
// it goes on where it was: it folds what is new, and no event twice.
//
//	scripts/kafka start                          # a broker to try things with; prints BROOK_KAFKA=ADDRESS
//	go run ./examples/kafka -brokers ADDRESS
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

	"github.com/brookgen/brookgen/examples/quickstart/shop"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

func main() {
	log.SetFlags(0)
	brokers := flag.String("brokers", "localhost:9092", "the cluster's brokers, with comma between")
	dir := flag.String("dir", "shop-views", "the directory of the views")
	topic := flag.String("topic", "shop", "the topic, which is made where it is not there")
	orders := flag.Int("orders", 3, "how many orders to place")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, strings.Split(*brokers, ","), *topic, *dir, *orders); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, brokers []string, topic, dir string,
	orders int) (err error) {
	driver, err := kafkadriver.Open(brokers, nil, kafkadriver.CreateTopics(4, 1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	store, err := badgerstore.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	var folded atomic.Int64
	app, err := shop.NewApp(brook.Config{
		Author: "shop",
		Topic:  topic,
		Driver: driver,
		Store:  store,
		Log:    slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Hooks:  brook.Hooks{Commit: func(c brook.Commit) { folded.Add(int64(c.Events)) }},
	}, shop.Projection{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()

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
