package task

import (
	"net/url"
	"strconv"

	"github.com/brookgen/brookgen/runtime/internal/outbox"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// A stream is a sequence of emissions whose numbers rise as they come to each partition, so that a receiver knows repeats by
// their numbers. Those of events that come from the log are numbered by their cause's place in it: a stream for each
// partition and set. All others are numbered by the store, see numbers.

// stem begins the streams and IDs of the app's emissions.
func (s *Set) stem() string { return url.PathEscape(s.Config.Name) }

// source begins those that are caused in one partition of a log.
func (s *Set) source(log string, id partition.ID) string {
	return s.stem() + "/" + outbox.ShortLog(log) + "/" + id.Topic + "/" + strconv.Itoa(int(id.Number))
}
