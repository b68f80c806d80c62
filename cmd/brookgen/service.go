package main

// What init -server writes as the program. PACKAGE stands for the package's name, IMPORT for its
// import path.

const serviceProgram = `// Command PACKAGE is a service: it folds events into views, answers requests from these, publishes
// what is posted, and shows operators what it does.
//
//	go run ./cmd/PACKAGE                               # all in memory
//	go run ./cmd/PACKAGE -brokers HOST:9092 -dir views # on Kafka, with views on disk
//
//	curl localhost:8080/sales -d '{"item": "apple", "count": 3}'
//	curl localhost:8080/sales/apple
//	curl localhost:8080/readyz                         # and /livez, for load balancers
//	curl localhost:8080/metrics                        # for Prometheus
//
// With INSPECTOR_PASSWORD=… in the environment, http://localhost:8080/inspect/ shows what the app
// does, to the user operator.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/brookotel"

	"IMPORT"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "the address to listen on")
	brokers := flag.String("brokers", "", "Kafka brokers, with commas between; none: a log in memory")
	dir := flag.String("dir", "", "the directory of the views, with -brokers; none: views in memory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *brokers, *dir); err != nil {
		slog.Error("the service ends", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, or until the app or the server fails.
func run(ctx context.Context, addr, brokers, dir string) (err error) {
	driver, closeDriver, err := openDriver(brokers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDriver()) }()
	store, closeStore, err := openStore(brokers, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	config := brook.Config{
		Author: "PACKAGE",
		Driver: driver,
		Store:  store,
		Log:    slog.Default(),
	}
	provider, metrics, err := newMetrics()
	if err != nil {
		return err
	}
	telemetry, err := brookotel.Instrument(&config, brookotel.Options{MeterProvider: provider})
	if err != nil {
		return err
	}
	app, err := PACKAGE.NewApp(config, PACKAGE.Projection{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	stopMetrics, err := telemetry.Observe(app)
	if err != nil {
		return err
	}
	defer stopMetrics()
	inspector := brookhttp.Inspector(app, brookhttp.Options{
		// Without a password nobody is let in.
		Allow: brookhttp.Password("operator", os.Getenv("INSPECTOR_PASSWORD")),
	})
	defer inspector.Close()

	mux := http.NewServeMux()
	mux.Handle("/livez", brookhttp.Health(app))
	mux.Handle("/readyz", brookhttp.Health(app, brookhttp.MaxBehind(time.Minute)))
	mux.Handle("GET /metrics", metrics)
	mux.Handle("/inspect/", http.StripPrefix("/inspect", inspector))
	mux.HandleFunc("POST /sales", sell(app))
	mux.HandleFunc("GET /sales/{item}", show(app))
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return serve(ctx, app, &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, listener)
}

// serve runs the app and the server side by side. The end is in the order of who needs whom: first
// no more requests, then no more folding, for requests wait for what is folded.
func serve(ctx context.Context, app *PACKAGE.App, server *http.Server, listener net.Listener) error {
	told := ctx
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	folding, stopFolding := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFolding()
	slog.Info("serving", "address", listener.Addr().String())
	var work sync.WaitGroup
	work.Go(func() {
		if err := app.Run(folding); err != nil {
			fail(err)
		}
	})
	work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(err)
		}
	})
	<-ctx.Done()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(limit)
	stopFolding()
	work.Wait()
	if told.Err() == nil { // nobody asked for the end
		err = errors.Join(context.Cause(ctx), err)
	}
	return err
}
`

const serviceBackend = `package main

import (
	"errors"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// openDriver opens the log, and returns what closes it.
func openDriver(brokers string) (brook.Driver, func() error, error) {
	if brokers == "" {
		return memdriver.New(), func() error { return nil }, nil
	}
	// Topics that are not there are made, with four partitions and one replica.
	driver, err := kafkadriver.Open(strings.Split(brokers, ","), nil, kafkadriver.CreateTopics(4, 1))
	if err != nil {
		return nil, nil, err
	}
	return driver, driver.Close, nil
}

// openStore opens where the views are kept, and returns what closes it.
func openStore(brokers, dir string) (brook.Store, func() error, error) {
	if dir == "" {
		return mapstore.New(), func() error { return nil }, nil
	}
	if brokers == "" {
		return nil, nil, errors.New("-dir needs -brokers: views on disk would outlive a log in memory")
	}
	store, err := badgerstore.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}
`

const serviceAPI = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	brook "github.com/brookgen/brookgen/runtime"

	"IMPORT"
)

// patience is how long an answer waits for the views.
const patience = 10 * time.Second

// sell publishes what is posted, and answers once the views show it. If that takes too long, as it
// does while the app is paused, the answer is that the event is accepted: it is in the log.
func sell(app *PACKAGE.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var sold PACKAGE.ItemSold
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&sold)
		if err != nil || sold.Item == "" {
			http.Error(w, "the body has to be like {\"item\": \"apple\", \"count\": 3}", http.StatusBadRequest)
			return
		}
		pos, err := app.Publish.ItemSold(r.Context(), sold)
		if err != nil {
			slog.Error("publish", "error", err)
			http.Error(w, "not published", http.StatusServiceUnavailable)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		switch err := app.WaitFor(ctx, pos); {
		case err == nil:
			w.WriteHeader(http.StatusCreated)
		case errors.Is(err, brook.ErrDeadLetter):
			http.Error(w, "published, and the handlers refuse it", http.StatusConflict)
		default:
			slog.Warn("published, and not in the views yet", "error", err)
			w.WriteHeader(http.StatusAccepted)
		}
	}
}

// show answers with a row of the views.
func show(app *PACKAGE.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		row, err := app.Views.WithContext(r.Context()).Sales.Get(r.PathValue("item"))
		if errors.Is(err, brook.ErrNotFound) {
			http.NotFound(w, r)
			return
		}
		if err != nil {
			slog.Error("read", "error", err)
			http.Error(w, "the views can't be read", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(row) // an error is the client's, who is gone
	}
}
`

const serviceMetrics = `package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
)

// newMetrics returns where metrics go, and a handler that Prometheus scrapes. Other exporters of
// OpenTelemetry take its place as well.
func newMetrics() (*metric.MeterProvider, http.Handler, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, nil, err
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	return provider, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), nil
}
`
