package emission

import (
	"strconv"

	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/stream"
)

// A stream is a sequence of emissions whose numbers rise as they come to each partition, so that a
// receiver knows repeats by their numbers. Emissions of events that come from the log are numbered
// by the place of their cause in it: a stream for each partition and set. All others are numbered
// by the store, in one stream: see Maker.Number.

// Stem returns what the streams and IDs of the app's emissions begin with.
func (k *Maker) Stem() string { return stream.Stem(k.Config.Name) }

// Source returns what those begin with that are caused in one partition of a log.
func (k *Maker) Source(log string, id partition.ID) string {
	number := strconv.Itoa(int(id.Number))
	return k.Stem() + "/" + stream.ShortLog(log) + "/" + id.Topic + "/" + number
}
