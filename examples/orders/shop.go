package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// shop is the app as one process after the other runs it, with what outlives these: the log, the
// directory of the views, and the mail server.
type shop struct {
	hour     time.Duration // how long an hour takes
	driver   brook.Driver
	dir      string
	mails    *mailServer
	mailURL  string
	stopMail func() error

	app  *sales.App
	stop func() error // ends the process that start began
}

// newShop returns a shop of which nothing runs but the mail server. Close it when done.
func newShop(hour time.Duration) (*shop, error) {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	server := newMailServer(rand.New(rand.NewPCG(1, 1)))
	return &shop{
		hour: hour, driver: memdriver.New(memdriver.Partitions(12)), dir: dir,
		mails: server, mailURL: "http://" + listener.Addr().String(),
		stopMail: serve(listener, server), stop: func() error { return nil },
	}, nil
}

// close ends everything, and removes the views.
func (s *shop) close() error {
	return errors.Join(s.stop(), s.stopMail(), os.RemoveAll(s.dir))
}

// start opens the views where the process before left them, and runs the app until stop is called.
func (s *shop) start(ctx context.Context) error {
	store, err := badgerstore.Open(s.dir)
	if err != nil {
		return err
	}
	app, err := sales.NewApp(brook.Config{
		Author: "sales",
		Driver: s.driver,
		Store:  store,
		Log:    slog.New(slog.DiscardHandler), // it would say how often the mail server failed
		Jobs:   brook.Jobs{Min: s.scale(time.Minute), Max: s.scale(time.Hour)},
	}, sales.Desk{PayWithin: s.scale(payWithin)},
		sales.Mailer{Send: mails(http.DefaultClient, s.mailURL)}, sales.Warehouse{})
	if err != nil {
		return errors.Join(err, store.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	s.app, s.stop = app, func() error {
		cancel()
		s.stop = func() error { return nil }
		return errors.Join(<-done, app.Close(), store.Close())
	}
	return nil
}

// scale returns how long something takes here.
func (s *shop) scale(d time.Duration) time.Duration {
	return time.Duration(float64(d) * s.hour.Hours())
}
