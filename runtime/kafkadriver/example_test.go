package kafkadriver_test

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// Publish some records, and read their partition from its beginning.
func Example() {
	// stands in for a cluster: there, these are addresses such as kafka-1:9092
	cluster, err := kfake.NewCluster()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()

	driver, err := kafkadriver.Open(cluster.ListenAddrs(), nil, kafkadriver.CreateTopics(4, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer driver.Close()

	ctx := context.Background()
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

// Security, compression and timeouts are sarama's. What contradicts the driver's promises is
// refused, all at once.
func ExampleOpen() {
	config := sarama.NewConfig()
	config.ClientID = "shop"
	config.Net.SASL.Enable = true
	config.Net.SASL.Mechanism = sarama.SASLTypePlaintext
	config.Net.SASL.User, config.Net.SASL.Password = "shop", "secret"
	config.Producer.Compression = sarama.CompressionLZ4
	config.Producer.RequiredAcks = sarama.NoResponse

	_, err := kafkadriver.Open([]string{"kafka-1:9092", "kafka-2:9092"}, config)
	fmt.Println(err)
	// Output:
	// kafkadriver: configuration: sarama.Config.Producer.RequiredAcks is 0: what is published has to be on all in-sync replicas, WaitForAll
}

// Topics that the driver creates, and the memory that publishing may take.
func ExampleCreateTopics() {
	cluster, err := kfake.NewCluster()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	driver, err := kafkadriver.Open(cluster.ListenAddrs(), nil, kafkadriver.CreateTopics(3, 1),
		kafkadriver.InFlight(8<<20))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer driver.Close()
	partitions, err := driver.Partitions(context.Background(), "payments")
	for _, p := range partitions {
		fmt.Println(p.Topic, p.Number, p.Start, p.End)
	}
	fmt.Println(err)
	// Output:
	// payments 0 0 0
	// payments 1 0 0
	// payments 2 0 0
	// <nil>
}
