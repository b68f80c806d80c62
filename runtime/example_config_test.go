package brook_test

import (
	"errors"
	"fmt"
	"os"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Three fields are required. NewApp says everything that is wrong.
func ExampleConfig() {
	config := brook.Config{
		Author: "ledger",
		Driver: memdriver.New(),
		Store:  mapstore.New(),
		Topic:  "money",                                          // the default is Author
		Retry:  brook.Retry{Attempts: 10, Max: 30 * time.Second}, // Min keeps its default
	}
	app, err := ledger.NewApp(config, ledger.Books{}, &ledger.Audit{})
	if err == nil {
		defer app.Close()
	}
	fmt.Println(err)

	_, err = ledger.NewApp(brook.Config{Author: "ledger"}, ledger.Books{}, &ledger.Audit{})
	fmt.Println(errors.Is(err, brook.ErrConfig))
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// brook: configuration: Driver is missing: for a start, memdriver.New()
	// brook: configuration: Store is missing: for a start, mapstore.New()
}

// A policy that comes from the environment is converted. NewApp refuses one that it does not know.
func ExampleFailurePolicy() {
	config := ledgerConfig()
	config.OnFailure = brook.FailurePolicy(os.Getenv("ON_FAILURE")) // "": the default
	config.OnStale = brook.StalePolicy("wait")                      // which is for OnFailure
	_, err := ledger.NewApp(config, ledger.Books{}, &ledger.Audit{})
	fmt.Println(errors.Is(err, brook.ErrConfig))
	fmt.Println(err)
	// Output:
	// true
	// brook: configuration: OnStale is "wait", and can be one of ["rebuild" "fail" "go on"]
}

// Hooks report what an app does, for metrics and alarms.
func ExampleHooks() {
	config := ledgerConfig()
	config.Hooks.Commit = func(c brook.Commit) { fmt.Println(c.Events, "events") }
	config.Hooks.DeadLetter = func(l brook.DeadLetter) { fmt.Println(l) }
	app := openWith(config, &ledger.Audit{},
		brook.Emit(ledger.Opened{Account: "ada"}),
		brook.Emit(ledger.Moved{Account: "bob", Cents: 5}), // whom nobody knows
	)
	defer app.Close()
	// Output:
	// ledger/0/1 money.moved in Books: handle: brook: accounts: no value at key "bob" (attempts: 1)
	// ledger/0/1 money.moved in Audit: handle: brook: accounts: no value at key "bob" (attempts: 1)
	// 2 events
}
