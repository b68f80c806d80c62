package memdriver_test

import (
	"context"
	"fmt"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// Publish some records, and read a partition from its beginning.
func Example() {
	ctx := context.Background()
	driver := memdriver.New(memdriver.Partitions(4))
	positions, err := driver.Publish(ctx, []brook.Record{
		{Topic: "orders", Key: []byte("u1"), Value: []byte("first")},
		{Topic: "orders", Key: []byte("u1"), Value: []byte("second")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(positions)

	reader, err := driver.Open(ctx, brook.Position{Topic: "orders", Partition: positions[0].Partition})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	chunk, err := reader.Read(ctx, 100)
	for _, r := range chunk.Records {
		fmt.Printf("%v %s %s\n", r.Position(), r.Key, r.Value)
	}
	fmt.Println("all read:", chunk.Next == chunk.End, err)
	// Output:
	// [orders/0/0 orders/0/1]
	// orders/0/0 u1 first
	// orders/0/1 u1 second
	// all read: true <nil>
}
