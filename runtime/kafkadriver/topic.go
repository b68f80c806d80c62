package kafkadriver

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// A topic is the latest metadata of one. It is immutable.
type topic struct {
	name    string
	id      sarama.Uuid
	leaders []leader // by partition
	seen    time.Time
}

// A leader is the broker that leads a partition.
type leader struct {
	addr  string // "" if there is none for now
	epoch int32
}

// log returns the identity of a topic. A later topic of the same name has another one.
func (t *topic) log() string { return t.id.String() }

var errNoName = fmt.Errorf("kafkadriver: a topic needs a name: %w", brook.ErrPermanent)

// lookup asks for the metadata of topics. Each topic is in the first map, or has its error in the
// second. The last result is the error of the request.
func (d *Driver) lookup(
	ctx context.Context, names []string,
) (map[string]*topic, map[string]error, error) {
	if len(names) == 0 {
		return nil, nil, d.checkOpen(ctx)
	}
	response, err := await(ctx, d, func() (*sarama.MetadataResponse, error) {
		return d.metadata(names)
	})
	if err != nil {
		return nil, nil, err
	}
	addrs := map[int32]string{}
	for _, b := range response.Brokers {
		addrs[b.ID()] = b.Addr()
	}
	found, failed := map[string]*topic{}, map[string]error{}
	for _, m := range response.Topics {
		t, err := newTopic(m, addrs)
		if err != nil {
			failed[m.Name] = err
			continue
		}
		found[m.Name] = t
	}
	for _, name := range names {
		if found[name] == nil && failed[name] == nil {
			failed[name] = explain(sarama.ErrIncompleteResponse, "topic %q", name)
		}
	}
	d.mu.Lock()
	for name, t := range found {
		d.topics[name] = t
	}
	for name := range failed {
		delete(d.topics, name)
	}
	d.mu.Unlock()
	return found, failed, nil
}

// missingTopic is the error for a topic that does not exist. Its text names the topic, without
// repeating Kafka's words.
type missingTopic struct{ name string }

func (e *missingTopic) Error() string {
	return fmt.Sprintf("kafkadriver: topic %q does not exist: "+
		"create it, or have it created with the option CreateTopics", e.name)
}

func (e *missingTopic) Unwrap() error { return sarama.ErrUnknownTopicOrPartition }

func newTopic(m *sarama.TopicMetadata, addrs map[int32]string) (*topic, error) {
	if m.Err != sarama.ErrNoError && m.Err != sarama.ErrLeaderNotAvailable {
		if m.Err == sarama.ErrUnknownTopicOrPartition {
			return nil, &missingTopic{m.Name}
		}
		return nil, explain(m.Err, "topic %q", m.Name)
	}
	if m.Uuid == (sarama.Uuid{}) {
		return nil,
			fmt.Errorf("kafkadriver: topic %q has no identity: "+
				"the brokers have to be Kafka 2.8 or later", m.Name)
	}
	t := &topic{name: m.Name, id: m.Uuid, leaders: make([]leader, len(m.Partitions)),
		seen: time.Now()}
	for _, p := range m.Partitions {
		if p.ID < 0 || int(p.ID) >= len(t.leaders) {
			return nil, fmt.Errorf("kafkadriver: topic %q: there is a partition %d of %d", m.Name,
				p.ID, len(t.leaders))
		}
		t.leaders[p.ID] = leader{addr: addrs[p.Leader], epoch: p.LeaderEpoch}
	}
	if len(t.leaders) == 0 {
		return nil, explain(sarama.ErrLeaderNotAvailable, "topic %q has no partitions yet", m.Name)
	}
	return t, nil
}
