package kafkadriver_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/drivertest"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// fake starts a cluster within the process.
func fake(t testing.TB, options ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// brokers returns the addresses of the real cluster, and skips the test if there is none.
func brokers(t testing.TB) []string {
	t.Helper()
	addrs := os.Getenv("BROOK_KAFKA")
	if addrs == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; " +
			"scripts/kafka starts one")
	}
	return strings.Split(addrs, ",")
}

// open opens a driver that creates topics of three partitions, and closes it with the test.
func open(t testing.TB, addrs []string, config *sarama.Config,
	options ...kafkadriver.Option) *kafkadriver.Driver {
	t.Helper()
	d, err := kafkadriver.Open(addrs, config,
		append([]kafkadriver.Option{kafkadriver.CreateTopics(3, 1)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return d
}

// managed is a driver whose cluster the suite can control.
type managed struct {
	*kafkadriver.Driver
	admin sarama.ClusterAdmin
}

func (d managed) Trim(topic string, partition int32, before int64) error {
	return d.admin.DeleteRecords(topic, map[int32]int64{partition: before})
}

func (d managed) Grow(topic string, partitions int) error {
	return d.admin.CreatePartitions(topic, int32(partitions), nil, false)
}

func openManaged(t *testing.T, addrs []string) brook.Driver {
	config := sarama.NewConfig()
	config.Metadata.RefreshFrequency = 100 * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 100 * time.Millisecond
	return managed{open(t, addrs, config), admin(t, addrs)}
}

// admin opens a client that may change the cluster.
func admin(t testing.TB, addrs []string) sarama.ClusterAdmin {
	t.Helper()
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	a, err := sarama.NewClusterAdmin(addrs, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// The fake stands in for a cluster wherever there is Go; what only a real one shows is in the tests
// that need BROOK_KAFKA.
func TestDriverFake(t *testing.T) {
	t.Log("against an in-process fake (kfake); TestDriverKafka is against the real thing")
	c := fake(t)
	drivertest.Run(t, func(t *testing.T) brook.Driver { return openManaged(t, c.ListenAddrs()) })
}

func TestDriverKafka(t *testing.T) {
	addrs := brokers(t)
	drivertest.Run(t, func(t *testing.T) brook.Driver { return openManaged(t, addrs) })
}

// newTopic returns the name of a topic that nobody has used.
func newTopic() string { return "kafkadriver-" + strings.ToLower(rand.Text()) }
