package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/brookgen/brookgen/examples/orders/sales"
	before "github.com/brookgen/brookgen/internal/gameday/v1"
	turnover "github.com/brookgen/brookgen/internal/gameday/v2"
	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/redisstore"
)

// open returns the app that the command line asks for, and what closes its store.
func open(ctx context.Context, config brook.Config, o options) (app, func() error, error) {
	if o.app == "sales" {
		return openSales(ctx, config, o)
	}
	if o.app != "turnover" {
		return nil, nil, fmt.Errorf("-app %s: it is neither sales nor turnover", o.app)
	}
	store, err := badgerstore.Open(o.dir)
	if err != nil {
		return nil, nil, err
	}
	config.Store = store
	var a app
	if o.version == 1 {
		a, err = before.NewApp(config, before.Report{})
	} else {
		a, err = turnover.NewApp(config, turnover.Report{})
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return a, store.Close, nil
}

// openSales opens the shop. All instances have their views in one Redis server.
func openSales(ctx context.Context, config brook.Config, o options) (app, func() error, error) {
	client := redis.NewClient(&redis.Options{Addr: o.redis})
	store, err := redisstore.New(ctx, client)
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	config.Store, config.Group = store, true
	// Few tries and short waits: a game day has no hour for a job to be given up.
	config.Jobs = brook.Jobs{Min: 50 * time.Millisecond, Max: time.Second, Attempts: 5}
	a, err := sales.NewApp(config, sales.Desk{PayWithin: 24 * time.Hour},
		sales.Mailer{Send: mails(o.mail)}, sales.Warehouse{})
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return a, client.Close, nil
}

// mails returns a sender of mails by a server, which knows a mail by its ID.
func mails(url string) func(context.Context, string, sales.SendMail) error {
	client := &http.Client{Timeout: 10 * time.Second}
	return func(ctx context.Context, id string, mail sales.SendMail) error {
		body, err := json.Marshal(mail)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Idempotency-Key", id)
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the mail server answers %s", answer.Status)
		}
		return nil
	}
}
