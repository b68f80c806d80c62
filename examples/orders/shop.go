package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// shop is the app as one process after the other runs it, or two at a time, with what outlives
// these: the log, the views, and the mail server.
type shop struct {
	hour     time.Duration // how long an hour takes
	driver   brook.Driver
	views    views
	mails    *mailServer
	mailURL  string
	stopMail func() error

	app     *sales.App     // of the last process
	running []func() error // end the processes, the oldest first
}

// newShop returns a shop of which nothing runs but the mail server. redis is the address of a server
// for the views, "": they are in files. Close the shop when done.
func newShop(hour time.Duration, redis string) (*shop, error) {
	v, err := newViews(redis)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return nil, errors.Join(err, v.remove())
	}
	server := newMailServer(rand.New(rand.NewPCG(1, 1)))
	return &shop{
		hour: hour, driver: memdriver.New(memdriver.Partitions(12)), views: v,
		mails: server, mailURL: "http://" + listener.Addr().String(),
		stopMail: serve(listener, server),
	}, nil
}

// close ends everything, and removes the views.
func (s *shop) close() error {
	var errs []error
	for len(s.running) > 0 {
		errs = append(errs, s.stop())
	}
	return errors.Join(append(errs, s.stopMail(), s.views.remove())...)
}

// stop ends the process that has run for the longest.
func (s *shop) stop() error {
	stop := s.running[0]
	s.running = s.running[1:]
	return stop()
}

// open returns an app over the views as the process before left them. Processes that share the views
// divide the partitions.
func (s *shop) open(ctx context.Context) (app *sales.App, stop func() error, err error) {
	store, closeStore, err := s.views.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	app, err = sales.NewApp(brook.Config{
		Author: "sales",
		Driver: s.driver,
		Store:  store,
		Group:  s.views.shared(),
		Log:    slog.New(slog.DiscardHandler), // it would say how often the mail server failed
		Jobs:   brook.Jobs{Min: s.scale(time.Minute), Max: s.scale(time.Hour)},
	}, sales.Desk{PayWithin: s.scale(payWithin)},
		sales.Mailer{Send: mails(http.DefaultClient, s.mailURL)}, sales.Warehouse{})
	if err != nil {
		return nil, nil, errors.Join(err, closeStore())
	}
	return app, func() error { return errors.Join(app.Close(), closeStore()) }, nil
}

// start opens an app, and runs it until it is stopped.
func (s *shop) start(ctx context.Context) error {
	app, stop, err := s.open(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	s.app, s.running = app, append(s.running, func() error {
		cancel()
		return errors.Join(<-done, stop())
	})
	return nil
}

// scale returns how long something takes here.
func (s *shop) scale(d time.Duration) time.Duration {
	return time.Duration(float64(d) * s.hour.Hours())
}
