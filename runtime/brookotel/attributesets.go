package brookotel

import (
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	brook "github.com/brookgen/brookgen/runtime"
)

// key is what the attributes of a measurement are made of.
type key struct {
	kind                  brook.OperationKind // or the name of a counter
	topic, typ, set, name string
	outcome               brook.Outcome
	err                   string // error.type
	bad                   bool
}

// options are the attributes of a measurement, as its methods take them.
type options struct {
	record []metric.RecordOption
	add    []metric.AddOption
}

// attributeSets are the attributes of all measurements so far, each made once: an event allocates
// nothing. It is safe for concurrent use, and reading takes no lock.
type attributeSets struct {
	all atomic.Pointer[map[key]*options]
	mu  sync.Mutex // of who adds
}

// get returns the options for a key, whose attributes are listed the first time.
func (s *attributeSets) get(k key, list func(key) []attribute.KeyValue) *options {
	if all := s.all.Load(); all != nil {
		if o := (*all)[k]; o != nil {
			return o
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	more := map[key]*options{}
	if all := s.all.Load(); all != nil {
		more = maps.Clone(*all)
	}
	if o := more[k]; o != nil {
		return o
	}
	with := metric.WithAttributeSet(attribute.NewSet(list(k)...))
	o := &options{record: []metric.RecordOption{with}, add: []metric.AddOption{with}}
	more[k] = o
	s.all.Store(&more)
	return o
}
