// Server is the HTTP service that everyone builds first: it reads views as JSON, page by page; it
// publishes what is posted and answers with the row that came of it; it streams changes as
// Server-Sent Events; it says whether it is alive and ready; it shows operators what it does; and it
// ends in order.
//
//	go run ./examples/server                                   # all in memory
//	go run ./examples/server -brokers HOST:9092 -dir VIEWS     # on Kafka, with views on disk
//
//	curl localhost:8080/tasks -d '{"title": "Water the plants", "owner": "ada"}'
//	curl "localhost:8080/tasks?limit=10"                       # &after=NEXT, &owner=ada
//	curl -X POST localhost:8080/tasks/ID/done
//	curl -N localhost:8080/changes                             # or /tasks/ID/changes
//	curl localhost:8080/readyz                                 # and /livez
//
// With INSPECTOR_PASSWORD=… in the environment, http://localhost:8080/inspect/ shows what the app
// does to the user operator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/brookgen/brookgen/examples/server/tasks"
	brook "github.com/brookgen/brookgen/runtime"
)

// shutdownTimeout is how long requests may take once the process was told to end.
const shutdownTimeout = 10 * time.Second

// options are what the command line says.
type options struct{ addr, topic, brokers, dir string }

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "localhost:8080", "the address to listen on")
	flag.StringVar(&o.topic, "topic", "tasks", "the topic of the events")
	flag.StringVar(&o.brokers, "brokers", "",
		"Kafka brokers, with commas between; none: a log in memory")
	flag.StringVar(&o.dir, "dir", "",
		"the directory of the views, with -brokers; none: views in memory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, slog.Default()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends, or until the app or the listener fails.
func run(ctx context.Context, o options, log *slog.Logger) (err error) {
	driver, closeDriver, err := openDriver(o.brokers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDriver()) }()
	store, closeStore, err := openStore(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	app, err := tasks.NewApp(brook.Config{
		Author: "tasks",
		Topic:  o.topic,
		Driver: driver,
		Store:  store,
		Log:    log,
	}, tasks.Board{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	s := newServer(app, log)
	defer func() { err = errors.Join(err, s.close()) }()
	return serve(ctx, s, listener)
}

// serve runs the app and the HTTP server side by side. The end is in the order of who needs whom:
// first no more requests, then no more folding, for requests wait for what is folded.
func serve(ctx context.Context, s *server, listener net.Listener) error {
	told := ctx
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	folding, stopFolding := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFolding()
	// ReadTimeout and WriteTimeout would end streams.
	h := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}

	s.log.Info("serving", "address", listener.Addr().String())
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.app.Run(folding); err != nil {
			fail(err)
		}
	})
	work.Go(func() {
		if err := h.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(err)
		}
	})

	<-ctx.Done()
	s.log.Info("ending")
	s.end()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := h.Shutdown(limit)
	if err != nil {
		err = fmt.Errorf("requests did not end within %s: %w", shutdownTimeout, err)
		err = errors.Join(err, h.Close())
	}
	stopFolding()
	work.Wait()
	if told.Err() == nil { // nobody told it to end
		err = errors.Join(context.Cause(ctx), err)
	}
	return err
}
