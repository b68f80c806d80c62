package brook_test

import (
	"context"
	"fmt"
	"log/slog"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/keeper"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// A compacted topic as the source of a collection: package keeper has a handler of a
// brook.Tombstone, which deletes the row.
func ExampleTombstone() {
	ctx := context.Background()
	driver := memdriver.New()
	app := brook.Must(keeper.NewApp(brook.Config{
		Author: "keeper", Driver: driver, Store: mapstore.New(), Log: slog.New(slog.DiscardHandler),
	}, keeper.Users{}))
	defer app.Close()
	brook.Must(app.Publish.UserChanged(ctx, keeper.UserChanged{ID: "ada", Name: "Ada"}))
	fmt.Println(app.CatchUp(ctx))
	fmt.Println(app.Views.Users.Has("ada"))

	gone := brook.Record{Topic: "users", Key: []byte("ada")} // without a value
	brook.Must(driver.Publish(ctx, []brook.Record{gone}))
	fmt.Println(app.CatchUp(ctx))
	fmt.Println(app.Views.Users.Has("ada"))
	// Output:
	// <nil>
	// true <nil>
	// <nil>
	// false <nil>
}
