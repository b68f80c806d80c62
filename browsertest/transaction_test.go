package browsertest

import (
	"strings"
	"time"

	"github.com/IBM/sarama"
)

// openTransaction writes an order in a transaction, which end aborts.
func (g *gameDay) openTransaction(id string) (end func()) {
	g.t.Helper()
	c := sarama.NewConfig()
	c.Producer.Idempotent, c.Producer.RequiredAcks = true, sarama.WaitForAll
	c.Producer.Return.Successes, c.Net.MaxOpenRequests = true, 1
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner
	c.Producer.Transaction.ID, c.Producer.Transaction.Timeout = "migration", 10*time.Minute
	producer, err := sarama.NewSyncProducer(strings.Split(g.kafka, ","), c)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = producer.Close() })
	if err := producer.BeginTxn(); err != nil {
		g.t.Fatal(err)
	}
	if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "orders",
		Key: sarama.StringEncoder(id), Value: sarama.StringEncoder("no event"),
	}); err != nil {
		g.t.Fatal(err)
	}
	return func() {
		g.t.Helper()
		if err := producer.AbortTxn(); err != nil {
			g.t.Fatal(err)
		}
	}
}
