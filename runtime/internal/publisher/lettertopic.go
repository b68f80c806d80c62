package publisher

import (
	"context"
	"slices"
	"strconv"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/deadletter"
	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/text"
)

// The headers of a dead letter in Config.DeadLetterTopic, behind those of the event. The names of
// the first ones are those of Kafka Streams (KIP-1034), so that what reads such topics reads these.
const (
	headerException  = "__streams.errors.exception"
	headerMessage    = "__streams.errors.message"
	headerStacktrace = "__streams.errors.stacktrace"
	headerTopic      = "__streams.errors.topic"
	headerPartition  = "__streams.errors.partition"
	headerOffset     = "__streams.errors.offset"

	headerID    = "brook-letter-id"    // the same whenever the letter is published
	headerApp   = "brook-letter-app"   // Config.Name
	headerStage = "brook-letter-stage" // DeadLetter.Stage
	headerSet   = "brook-letter-set"   // DeadLetter.Set
)

// maxStack is how many bytes of a stack a record has.
const maxStack = 16 << 10

// letterSets is added to the number of a set in the key of an outbox entry, so that letters have
// keys of their own, behind the emissions of their events.
const letterSets = 1 << 20

// LetterItem returns the outbox entry that publishes a dead letter to Config.DeadLetterTopic. id
// names the letter, number is that of the numbered stream, 0 for what follows the order of a
// partition.
func (p *Publisher) LetterItem(
	ctx context.Context, l *deadletter.Letter, id string, sets []string, number int64,
) *outbox.Item {
	item := &outbox.Item{
		Letter: true, Free: number > 0 || l.Position.IsZero(),
		Position: l.Position, Author: l.Author, Type: l.Type, ID: l.ID, Set: l.Set,
		Key: outbox.ItemKey(l.Position, l.ID, number, letterSets+slices.Index(sets, l.Set),
			ordinalOf(l)),
		Record: brook.Record{
			Topic: p.Config.DeadLetterTopic, Key: l.Record.Key, Value: l.Record.Value,
			Headers: append(slices.Clip(l.Record.Headers), p.letterHeaders(l, id)...),
		},
	}
	p.Destinations.Choose(ctx, &item.Record, id)
	return item
}

// ordinalOf distinguishes the letters that one event may have of one set.
func ordinalOf(l *deadletter.Letter) int {
	switch l.Stage {
	case brook.StageEarly:
		return 1
	case brook.StageJob:
		return 2 + l.Ordinal
	}
	return 0
}

func (p *Publisher) letterHeaders(l *deadletter.Letter, id string) (headers []brook.Header) {
	add := func(key, value string) {
		headers = append(headers, brook.Header{Key: key, Value: []byte(value)})
	}
	stack := l.Error
	if len(l.Stack) > 0 {
		stack = text.Cut(string(l.Stack), maxStack)
	}
	add(headerException, l.Stage+": "+l.Error)
	add(headerMessage, l.Error)
	add(headerStacktrace, stack)
	if !l.Position.IsZero() {
		add(headerTopic, l.Position.Topic)
		add(headerPartition, strconv.Itoa(int(l.Position.Partition)))
		add(headerOffset, strconv.FormatInt(l.Position.Offset, 10))
	}
	add(headerID, id)
	add(headerApp, p.Config.Name)
	add(headerStage, l.Stage)
	add(headerSet, l.Set)
	return headers
}
