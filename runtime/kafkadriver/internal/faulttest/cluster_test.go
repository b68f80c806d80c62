package faulttest_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/kafkadriver"
)

// A cluster is real.
type cluster struct {
	t      *testing.T
	addrs  []string
	script string
	dir    string              // "" if it is not the test's own
	still  *kafkadriver.Driver // that nothing happens to
}

// shared returns the cluster that tests share, and skips the test if there is none.
func shared(t *testing.T) *cluster {
	t.Helper()
	addrs := os.Getenv("BROOK_KAFKA")
	if addrs == "" {
		t.Skip("SKIPPED: BROOK_KAFKA does not name a broker (host:port), so this is NOT tested; " +
			"scripts/kafka starts one")
	}
	return &cluster{t: t, addrs: strings.Split(addrs, ","), script: os.Getenv("BROOK_KAFKA_SCRIPT")}
}

// own starts a cluster of the test's own, whose brokers it may kill. It ends with the test,
// whatever ends that.
func own(t *testing.T, brokers int) *cluster {
	t.Helper()
	script := os.Getenv("BROOK_KAFKA_SCRIPT")
	if script == "" {
		t.Skip("SKIPPED: BROOK_KAFKA_SCRIPT does not name scripts/kafka, so this is NOT tested; " +
			"scripts/kafka run sets it")
	}
	// The command ends when its input does.
	cmd := exec.Command(script, "run", "--brokers", fmt.Sprint(brokers), "sh", "-c",
		`echo "$BROOK_KAFKA $BROOK_KAFKA_DIR"; exec cat`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("scripts/kafka: %v: %s", err, complaints.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	addrs, dir, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	if err != nil || !ok {
		t.Fatalf("scripts/kafka said %q: %v", line, err)
	}
	return &cluster{t: t, addrs: strings.Split(addrs, ","), script: script, dir: dir}
}

// kill ends a broker at once: the first one is 1.
func (c *cluster) kill(id int32) { c.call("kill", c.dir, fmt.Sprint(id)) }

// signal sends a signal to a broker.
func (c *cluster) signal(id int32, name string) { c.call("kill", c.dir, fmt.Sprint(id), name) }

// up starts a broker that was killed, and waits until it serves.
func (c *cluster) up(id int32) { c.call("up", c.dir, fmt.Sprint(id)) }

func (c *cluster) call(args ...string) {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), c.script, args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("scripts/kafka %v: %v: %s", args, err, out)
	}
}

// topic makes a topic with a name of its own.
func (c *cluster) topic(partitions int32, settings map[string]string) string {
	c.t.Helper()
	name := fmt.Sprintf("%s-%x", strings.ReplaceAll(c.t.Name(), "/", "-"), rand.Uint32())
	c.create(name, partitions, settings)
	return name
}

// create makes a topic, with three replicas if there are three brokers.
func (c *cluster) create(name string, partitions int32, settings map[string]string) {
	c.t.Helper()
	detail := &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{}}
	if len(c.addrs) >= 3 {
		detail.ReplicationFactor = 3
	}
	for k, v := range settings {
		detail.ConfigEntries[k] = &v
	}
	admin := c.admin()
	if err := admin.CreateTopic(name, detail, false); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	c.leaders(ctx, admin, name, func(now []int32) bool {
		return len(now) == int(partitions) && !slices.Contains(now, -1)
	})
}

// admin opens a client that may change the cluster.
func (c *cluster) admin() sarama.ClusterAdmin {
	c.t.Helper()
	a, err := sarama.NewClusterAdmin(c.addrs, settings())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { a.Close() })
	return a
}

// settings are those of a client that notices faults soon, and does not give up: the test
// decides when it is over.
func settings() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Net.DialTimeout, c.Net.ReadTimeout, c.Net.WriteTimeout = 2*time.Second, 2*time.Second,
		2*time.Second
	c.Producer.Retry.Max, c.Producer.Retry.Backoff = 1000, 50*time.Millisecond
	c.Metadata.RefreshFrequency = 300 * time.Millisecond
	c.Consumer.Group.Session.Timeout, c.Consumer.Group.Heartbeat.Interval = time.Second,
		200*time.Millisecond
	c.Consumer.Group.Rebalance.Timeout = 2 * time.Second
	return c
}

// driver opens a driver, and closes it with the test. Nil are the test's settings.
func (c *cluster) driver(config *sarama.Config, options ...kafkadriver.Option) *kafkadriver.Driver {
	c.t.Helper()
	if config == nil {
		config = settings()
	}
	d, err := kafkadriver.Open(c.addrs, config, options...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			c.t.Errorf("Close of the driver: %v", err)
		}
	})
	return d
}

// steady returns a driver that nothing happens to.
func (c *cluster) steady() *kafkadriver.Driver {
	c.t.Helper()
	if c.still == nil {
		c.still = c.driver(nil)
	}
	return c.still
}

// limit bounds a test, which takes some seconds on a machine that has nothing else to do.
func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// ends returns the last position of each partition that has one.
func ends(t *testing.T, ctx context.Context, d brook.Driver, topic string) []brook.Position {
	t.Helper()
	partitions, err := d.Partitions(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	var all []brook.Position
	for _, p := range partitions {
		if p.End > p.Start {
			all = append(all, brook.Position{Topic: p.Topic, Partition: p.Number,
				Offset: p.End - 1})
		}
	}
	return all
}
