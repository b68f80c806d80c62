package memdriver_test

import (
	"context"
	"fmt"
	"sync"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// worker is one of several instances of a service.
type worker struct {
	name string
	told chan []brook.Position
}

func (w worker) Release(context.Context)            {}
func (w worker) Assign(partitions []brook.Position) { w.told <- partitions }

// Two members of a group divide the partitions of a topic.
func ExampleDriver_Join() {
	ctx, cancel := context.WithCancel(context.Background())
	driver := memdriver.New(memdriver.Topic("orders", 4))
	var wg sync.WaitGroup
	join := func(w worker) {
		wg.Go(func() {
			if err := driver.Join(ctx, "shop", []string{"orders"}, w); err != nil {
				fmt.Println(err)
			}
		})
	}
	first, second := worker{"first", make(chan []brook.Position, 9)}, worker{"second",
		make(chan []brook.Position, 9)}
	join(first)
	fmt.Println(first.name, <-first.told)
	join(second)
	fmt.Println(second.name, <-second.told)
	fmt.Println(first.name, <-first.told)
	cancel()
	wg.Wait()
	// Output:
	// first [orders/0/0 orders/1/0 orders/2/0 orders/3/0]
	// second [orders/2/0 orders/3/0]
	// first [orders/0/0 orders/1/0]
}

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

	reader, err := driver.Open(ctx,
		brook.Position{Topic: "orders", Partition: positions[0].Partition})
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
