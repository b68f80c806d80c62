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

// openLedger opens an app and has it fold some events. Package ledger stands for your own
// annotated package.
func openLedger(events ...brook.Outgoing) *ledger.App {
	app := brook.Must(ledger.NewApp(brook.Config{
		Author: "ledger",
		Driver: memdriver.New(),
		Store:  mapstore.New(),
		Log:    slog.New(slog.DiscardHandler),
	}, ledger.Books{}, &ledger.Audit{}))
	brook.Must(app.PublishAll(context.Background(), slices.Values(events)))
	if err := app.CatchUp(context.Background()); err != nil {
		panic(err)
	}
	return app
}
