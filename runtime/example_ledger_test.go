package brook_test

import (
	"context"
	"log/slog"
	"slices"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// ledgerConfig returns a configuration in memory that writes no log.
func ledgerConfig() brook.Config {
	return brook.Config{
		Author: "ledger",
		Driver: memdriver.New(),
		Store:  mapstore.New(),
		Log:    slog.New(slog.DiscardHandler),
	}
}

// openLedger opens an app and has it fold some events. Package ledger stands for your own
// annotated package.
func openLedger(events ...brook.Outgoing) *ledger.App {
	return openWith(ledgerConfig(), &ledger.Audit{}, events...)
}

// openWith is openLedger with a configuration and a handler set of its own.
func openWith(config brook.Config, audit *ledger.Audit, events ...brook.Outgoing) *ledger.App {
	app := brook.Must(ledger.NewApp(config, ledger.Books{}, audit))
	brook.Must(app.PublishAll(context.Background(), slices.Values(events)))
	if err := app.CatchUp(context.Background()); err != nil {
		panic(err)
	}
	return app
}
