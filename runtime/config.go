package brook

import (
	"log/slog"
	"time"
)

// Config says what an app runs on. Author, Driver and Store are required. The zero value of every
// other field is a sound default. NewApp returns an error that wraps [ErrConfig] for a Config that
// can't work.
type Config struct {
	// Author is the name of the service in the events that it publishes. In CloudEvents it is the
	// source, and must be a URI-reference: shop, /shop, https://example.com/shop.
	Author string
	// Driver is the log. The app does not close it.
	Driver Driver
	// Store keeps the views. The app does not close it.
	Store Store

	// Name prefixes all that is stored, and is the name of the group at the driver; "" is Author.
	// Under another name an app starts with empty views.
	Name string
	// Topic is the topic of events without topic=; "" is Author.
	Topic string
	// Group makes the instances of Name divide the partitions among them, as members of the
	// driver's group of that name, over one store that they share. Without it, each instance folds
	// all partitions into views of its own. Group needs a driver that is a [Grouper], a store that
	// is [Fenced], and handlers whose partitions can be folded side by side.
	Group bool
	// Envelope says how events lie in records: [CloudEvents], the default if it is nil,
	// [PlainJSON], [RawTopics], or that of Brook for Elixir in package elixir. An app reads and
	// writes one.
	Envelope Envelope

	// Retry is for handlers whose error wraps [ErrRetry], and for effects. A driver or store that
	// fails is tried again with the same waits, for as long as it takes.
	Retry Retry
	// Jobs says how often and how jobs are tried, and how many may wait.
	Jobs Jobs

	// OnFailure says what happens to later events of a key after a handler set failed for one of
	// them. With [Wait], the default, they wait behind it, for that set, as dead letters of their
	// own. With [GoOn] the set takes them. With [Fail] or [Stop] Run ends with the error. With
	// Wait, an event that would mend what made the other fail waits too, if both have one key: drop
	// or redrive the letter, or Process the event, which waits for nobody.
	OnFailure FailurePolicy
	// OnStale says what to do with views that other handlers made: [RebuildStale], the default,
	// [Fail] or [GoOn].
	OnStale StalePolicy
	// OnCodeChange says what to do with views that handlers made whose code was another one, while
	// the structure is the same. With [Tell], the default, the log names the handlers at each
	// start, until the views are rebuilt; with [RebuildStale] they are rebuilt; with [GoOn] it is
	// recorded and reported once. With Tell and RebuildStale, code that made views that are kept
	// (KeepReplaced) gets these back. "brookgen graph -v" and docs/changing-code.md say what counts
	// as code.
	OnCodeChange CodeChangePolicy
	// OnRetention says what to do if the log no longer has events that the views have yet to see
	// or, for a rebuild, were made from: [Fail], the default, or [GoOn] without them.
	OnRetention RetentionPolicy
	// KeepReplaced is how long views that a rebuild replaced are kept, so that the code that made
	// them gets them back in seconds if it is started again, as after a rollback: see
	// docs/changing-code.md. 0 is an hour, and a negative duration keeps none. One replaced
	// generation is kept at a time. It takes the space of the views once more, and needs a store
	// that outlives the process and that no other process writes: Badger.
	KeepReplaced time.Duration
	// MaxDeadLetters is how many dead letters, of any stage, a partition may have before it stands
	// still; 0 is 10,000. A rebuild ends at an event of a partition that has as many already.
	MaxDeadLetters int
	// DeadLetterTopic is a topic that dead letters are published to besides being kept; "" is none.
	// The record is the event's, with its key, value and headers, and further headers that say what
	// failed: those of Kafka Streams, __streams.errors.exception, .message, .stacktrace, .topic,
	// .partition and .offset, and brook-letter-id, -app, -stage and -set. It is published as
	// emissions are: after the commit that keeps the letter, by the instance that acts, at least
	// once, with the same brook-letter-id each time.
	//
	// An event is published when it fails first, once for each handler set, and not while it only
	// waits behind another one, nor when it is redriven in vain, nor by a rebuild. Of jobs, the
	// record is their data as JSON. Letters of stage [StageEmit] are not published. What is too
	// large for the topic, or to be kept for it in one commit with its letter, is not published
	// either, which log and Hooks.Failure report.
	DeadLetterTopic string
	// Patience is how long an event that came too early ([Early]) is parked before it is reported
	// as a dead letter of stage [StageEarly]; 0 is 15 minutes. It waits on all the same.
	Patience time.Duration
	// MaxParked is how many events of a partition may be parked because they came too early, with
	// those that wait behind them; 0 is 100,000. One more becomes a dead letter of stage
	// [StageHandle].
	MaxParked int
	// MaxOutbox is how many emissions of a partition may wait to be published before it stands
	// still; 0 is 10,000.
	MaxOutbox int
	// DropRepeats is how many events of each partition are remembered by author and ID. An event
	// with the author and the ID of a remembered one, which was folded or became a dead letter, is
	// passed over and counted in Commit.Repeats. 0, the default, remembers none: then two events of
	// one author and ID count twice, as producers write them that publish again what they were not
	// sure of. Emissions of brook don't need it: see [Message].
	//
	// A remembered event takes 16 bytes of the store, and 60 to 90 bytes of memory in each process
	// that folds its partition; an event takes a fifth of a microsecond more; a commit writes up to
	// 4 KiB more for each partition. Repeats that come to another partition, or after as many other
	// events, are not noticed. A rebuild begins with nothing remembered.
	DropRepeats int
	// BatchSize is the largest number of events in one commit; 0 is 1,000.
	BatchSize int
	// ShutdownTimeout is how long what is in flight may take once Run's context has ended; 0 is 10
	// s.
	ShutdownTimeout time.Duration
	// Log receives what people should know; nil is [slog.Default]. Of what fails again and again,
	// it receives the tries 1, 2, 4, 8 and so on, from 64 on each 64th, and that it works again; of
	// what panicked, the stack too.
	Log *slog.Logger
	// Hooks are called with what the app does.
	Hooks Hooks
}
