package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/brookgen/brookgen/runtime/brookhttp"
)

// metrics are what Prometheus scrapes.
type metrics struct {
	provider *metric.MeterProvider
	handler  http.Handler
}

func newMetrics() (*metrics, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo())
	if err != nil {
		return nil, err
	}
	return &metrics{
		provider: metric.NewMeterProvider(metric.WithReader(reader)),
		handler:  promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}, nil
}

// serve serves what operators look at until stop is called. Anybody may do anything: it listens on
// the machine's own address.
func serve(listener net.Listener, a app, m *metrics) (stop func() error) {
	inspector := brookhttp.Inspector(a, brookhttp.Options{
		Allow: func(*http.Request, brookhttp.Action) error { return nil },
	})
	mux := http.NewServeMux()
	mux.Handle("/inspect/", http.StripPrefix("/inspect", inspector))
	mux.Handle("GET /livez", brookhttp.Health(a))
	mux.Handle("GET /readyz", brookhttp.Health(a))
	mux.Handle("GET /metrics", m.handler)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return func() error {
		err := server.Close()
		if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return errors.Join(err, inspector.Close())
	}
}
