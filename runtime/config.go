package brook

import (
	"log/slog"
	"time"
)

// Config says what an app runs on. Author, Driver and Store are required; the zero of every other field
// is a sound default.
type Config struct {
	// Author names the service in the events that it publishes. In CloudEvents it is the source, and has to be a URI reference: shop,
	// /shop, https://example.com/shop.
	Author string
	// Driver is the log. The app does not close it.
	Driver Driver
	// Store keeps the views. The app does not close it.
	Store Store

	// Name prefixes all that is stored and names the group at the driver; Author where it is "". Under another name an
	// app starts with empty views.
	Name string
	// Topic is for events without topic=; Author where it is "".
	Topic string
	// Group makes the instances of Name divide the partitions among them, as members of the driver's group of that name,
	// over one store that they share. Without it each instance folds all partitions into views of its own. It needs a
	// driver that is a [Grouper], a store that is [Fenced], and handlers whose partitions can be folded side by side.
	Group bool
	// Envelope says how events lie in records: [CloudEvents] where it is nil, or [PlainJSON], [RawTopics], or that of Brook for Elixir in package
	// elixir. One app reads and writes one.
	Envelope Envelope

	// Retry is for handlers whose error wraps [ErrRetry] and for effects. A driver or store that fails is tried
	// again with the same waits, for as long as it takes.
	Retry Retry
	// OnFailure says what becomes of later events of a key after a handler set failed for one of them: for that
	// set they wait behind it as dead letters of their own ([Wait], the default), or it takes them ([GoOn]), or Run ends
	// with the error ([Fail] or [Stop]). With Wait, an event that would mend what made the other fail waits too, where both have one
	// key: drop or redrive the letter, or Process the event, which waits for nobody.
	OnFailure FailurePolicy
	// OnStale says what to do with views that other handlers made: [RebuildStale] (the default), [Fail] or [GoOn].
	OnStale StalePolicy
	// OnRetention says what to do where the log no longer has events that the views have yet to see, or, for a rebuild, were
	// made from: [Fail] (the default) or [GoOn] without them.
	OnRetention RetentionPolicy
	// MaxDeadLetters is how many of them, of whatever stage, a partition may have before it stands still; 10,000 where it is 0. A rebuild ends at an event of a partition that has as many already.
	MaxDeadLetters int
	// MaxOutbox is how many emissions of a partition may wait to be published before it stands still; 10,000 where it is 0.
	MaxOutbox int
	// DropRepeats is how many events of each partition are remembered by author and ID: one that has both of an event among them, folded or
	// a dead letter, is passed over and counted (Commit.Repeats). 0, the default, remembers none: then two events of one author and ID count
	// twice, as producers write them that publish again what they were not sure of. Emissions of brook need none of it: see [Message]. Each remembered event takes 16 bytes of the store
	// and 60 to 90 of memory (of this process, for each partition that it folds), each event a fifth of a microsecond; a commit writes up to 4 KiB more for each partition.
	// Repeats that come to another partition, or after as many other events, are not noticed. A rebuild begins with an empty window.
	DropRepeats int
	// BatchSize is the largest number of events in one commit; 1,000 where it is 0.
	BatchSize int
	// ShutdownTimeout is how long what is in flight may take once Run's context ended; 10 s where it is 0.
	ShutdownTimeout time.Duration
	// Log gets what people should know; [slog.Default] where it is nil. Of what fails again and again these are the tries 1, 2, 4, 8 and so
	// on, each 64th later, and that it works again; of what panicked, the stack too.
	Log *slog.Logger
	// Hooks are told what the app does.
	Hooks Hooks
}
