package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/brookgen/brookgen/examples/orders/sales"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/storetest"
)

// process is the app as a process that is killed and started again. The log, the store and the
// server of mails outlive it.
type process struct {
	t      *testing.T
	driver brook.Driver
	store  brook.Store
	mails  *mailServer
	kills  int

	app   *sales.App
	fault *storetest.Fault // the kill
	ended chan struct{}
}

// start starts the process, which is killed at the n-th thing that it does with the log or the
// store; 0: it is not.
func (p *process) start(kind storetest.FaultKind, n int) {
	p.fault, p.ended = storetest.NewFault(kind, n), make(chan struct{})
	driver, store := drivertest.Faulty(p.driver, p.fault), storetest.Faulty(p.store, p.fault)
	app, err := open(driver, store, p.mails)
	if err != nil && !p.fault.Crashed() {
		p.t.Fatal(err)
	}
	p.app = app
	go func() {
		defer close(p.ended)
		if err != nil {
			return
		}
		ctx, stop := p.fault.Until(p.t.Context())
		defer stop()
		err := app.Run(ctx)
		if err != nil && !p.fault.Crashed() {
			p.t.Error(err)
		}
	}()
}

// killed reports whether the process was killed, once it has nothing to do for now.
func (p *process) killed() bool {
	synctest.Wait()
	return p.fault.Crashed()
}

// end kills the process, unless that was done, and waits for it.
func (p *process) end() {
	p.fault.Crash()
	<-p.ended
	if p.app != nil {
		p.app.Close() // of no use to it
	}
}

func open(driver brook.Driver, store brook.Store, server *mailServer) (*sales.App, error) {
	client := &http.Client{Transport: direct{server}}
	return sales.NewApp(brook.Config{
		Author: "sales", Driver: driver, Store: store, Log: slog.New(slog.DiscardHandler),
	}, sales.Desk{PayWithin: payWithin}, sales.Mailer{Send: mails(client, "/")}, sales.Warehouse{})
}

// direct is a transport without a network.
type direct struct{ http.Handler }

// RoundTrip is that of http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// compare compares what is in the views, and what was mailed, with what is to be.
func (p *process) compare(when string, want *model) {
	p.t.Helper()
	got, err := result(p.app, p.mails)
	if err != nil {
		p.t.Fatal(err)
	}
	if diff := brooktest.Diff(got, want); diff != "" {
		p.t.Errorf("%s:\n%s", when, diff)
	}
}

// night lets time pass until all is done that is to be done.
func night() {
	time.Sleep(48 * time.Hour)
	synctest.Wait()
}

// A day of orders, payments and parcels that come in any order, in a process that is killed every
// few minutes, with a mail server that fails half of the time, leaves what a plain program makes of
// the day that sees everything in its order.
func TestDay(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { live(t, rand.New(rand.NewPCG(seed, 13))) })
		})
	}
}

func live(t *testing.T, rnd *rand.Rand) {
	p := &process{
		t: t, driver: memdriver.New(memdriver.Partitions(12)), store: mapstore.New(),
		mails: newMailServer(rnd),
	}
	others, err := open(p.driver, mapstore.New(), p.mails) // the services that publish
	if err != nil {
		t.Fatal(err)
	}
	defer others.Close()
	crashes := []storetest.FaultKind{storetest.CrashBefore, storetest.CrashAfter}
	today, began := day(rnd, 300), time.Now()
	p.start(crashes[0], 100)
	for _, h := range arrivals(today) {
		if err := wait(t.Context(), began.Add(h.arrives)); err != nil {
			t.Fatal(err)
		}
		h.arrives = time.Since(began) // or later: the end of a process may take a while
		if _, err := h.publish(t.Context(), others, p.driver); err != nil {
			t.Fatal(err)
		}
		if p.killed() && rnd.IntN(3) == 0 { // else it is away for longer
			p.end()
			p.start(crashes[rnd.IntN(2)], 1+rnd.IntN(1000))
			p.kills++
		}
	}
	p.end()
	p.start(storetest.Fail, 0)
	night()
	want := fold(began, today)
	p.compare("at the end", want)

	if err := p.app.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.compare("rebuilt", want)

	p.end()
	p.store = mapstore.New() // the views are lost; the log is all that there is
	p.start(storetest.Fail, 0)
	night()
	p.compare("from the log alone", want)
	p.end()
	t.Logf("%d events, %d kills; the mail server got %s", len(today), p.kills, p.mails)
	if p.kills < 20 {
		t.Errorf("%d kills", p.kills)
	}
}
