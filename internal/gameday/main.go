// Gameday is the service that the game day of browsertest breaks and mends: the shop of
// examples/orders on Kafka, with views in Redis that several instances share, or a report over the
// same log with its views on disk. Each instance serves its inspector, its health and its metrics.
//
//	go run ./internal/gameday -app sales -brokers HOST:PORT -redis HOST:PORT -mail URL
//	go run ./internal/gameday -app turnover -brokers HOST:PORT -dir DIR -version 1
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/brookotel"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// partitions is how many each topic has.
const partitions = 3

// options are what the command line says.
type options struct {
	app, brokers, redis, dir, mail, addr string
	version                              int
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.app, "app", "sales", "what runs: sales or turnover")
	flag.StringVar(&o.brokers, "brokers", "localhost:9092", "the cluster's brokers, with comma between")
	flag.StringVar(&o.redis, "redis", "localhost:6379", "the server of the views of sales")
	flag.StringVar(&o.mail, "mail", "http://localhost:8025/", "the server that takes mails by POST")
	flag.StringVar(&o.dir, "dir", "turnover-views", "the directory of the views of turnover")
	flag.IntVar(&o.version, "version", 2, "the version of turnover: 1 has a mistake")
	flag.StringVar(&o.addr, "addr", "localhost:0", "the address of /inspect/, /livez, /readyz and /metrics")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		log.Fatal(err)
	}
}

// app is what generated apps have in common.
type app interface {
	brookhttp.App
	Run(context.Context) error
	Close() error
}

// run serves until ctx ends, or until the app fails.
func run(ctx context.Context, o options) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	fmt.Printf("serving at %s\n", listener.Addr())
	settings := sarama.NewConfig()
	// An instance that was killed is missed after this time.
	settings.Consumer.Group.Session.Timeout = 6 * time.Second
	settings.Consumer.Group.Heartbeat.Interval = time.Second
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	driver, err := kafkadriver.Open(strings.Split(o.brokers, ","), settings,
		kafkadriver.CreateTopics(partitions, 1), kafkadriver.Log(logger))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	m, err := newMetrics()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	config := brook.Config{Author: o.app, Driver: driver, Log: logger}
	telemetry, err := brookotel.Instrument(&config, brookotel.Options{MeterProvider: m.provider})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	a, closeStore, err := open(ctx, config, o)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, a.Close(), closeStore()) }()
	if _, err := telemetry.Observe(a); err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := serve(listener, a, m)
	defer func() { err = errors.Join(err, stop()) }()
	return a.Run(ctx)
}
