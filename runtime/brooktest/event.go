package brooktest

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// start is the time of the first event of a test, unless the test sets another.
func start() time.Time { return time.Date(2020, time.January, 1, 12, 0, 0, 0, time.UTC) }

// Event returns an event for calling a handler as a plain function: with data, an ID, an author and
// a time. Fields that matter to the handler can be set afterwards.
func Event[E any](data E) brook.Event[E] {
	return brook.Event[E]{ID: "1", Author: "test", Time: start(), Data: data}
}
