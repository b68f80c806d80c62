// Orders is a shop whose orders, payments, shipments and stock come over topics of their own, in
// whatever order; that sends mails by a server which fails half of the time; that gives up orders
// which are not paid in time; and that shows page by page what it knows. Package sales has the
// events, the rows and the handlers. This program makes up a day, and runs it in four seconds:
//
//	go run ./examples/orders
//	go run ./examples/orders -addr localhost:8080     # and goes on serving
//	go run ./examples/orders -redis localhost:6379    # two processes share views in Redis
//
//	curl "localhost:8080/orders?limit=5"              # &after=NEXT, &newest=, &customer=ada, &status=paid
//	curl localhost:8080/orders/o001                   # and /orders/o001/history
//	curl localhost:8080/stock                         # and /customers
//
// Its test has the process of such a day killed every few minutes, and compares the views with what
// a plain program makes of the day.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"time"
)

// options are what the command line says.
type options struct {
	addr   string
	redis  string
	orders int
	hour   time.Duration
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.addr, "addr", "", "the address to go on serving at; none: the program ends")
	flag.StringVar(&o.redis, "redis", "", "the address of a Redis server for the views, which two processes share then; none: they are in files")
	flag.IntVar(&o.orders, "orders", 60, "how many orders the day has")
	flag.DurationVar(&o.hour, "hour", 125*time.Millisecond, "how long an hour of it takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		log.Fatal(err)
	}
}

// run has the day happen, and shows what it left. If there is an address, it serves on until ctx
// ends.
func run(ctx context.Context, out io.Writer, o options) (err error) {
	listener, err := net.Listen("tcp", cmp.Or(o.addr, "localhost:0"))
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := newShop(o.hour, o.redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.live(ctx, out, o.orders); err != nil {
		return err
	}
	stop := serve(listener, newAPI(s.app.Views))
	defer func() { err = errors.Join(err, stop()) }()
	t := tour{out: out, url: "http://" + listener.Addr().String()}
	if err := t.show(s.app.Views); err != nil || o.addr == "" {
		return err
	}
	fmt.Fprintf(out, "\nServing at %s, until you press ctrl-c.\n", t.url)
	<-ctx.Done()
	return nil
}
