package brooktest

import brook "github.com/brookgen/brookgen/runtime"

// With returns an event that is published with options: an ID, a time, headers.
//
//	s.When(brooktest.With(brook.Emit(shop.OrderPlaced{…}), brook.WithHeader("traceparent", trace)))
func With(event brook.Outgoing, options ...brook.PublishOption) brook.Outgoing {
	if e, ok := event.(dressed); ok {
		event, options = e.Outgoing, append(e.options[:len(e.options):len(e.options)], options...)
	}
	return dressed{event, options}
}

// dressed is an event with options.
type dressed struct {
	brook.Outgoing
	options []brook.PublishOption
}

// Raw returns an event as others may publish it: of any type, with anything as data. Its topic is
// that of the type, or the app's own if the app does not know the type. An empty key means none.
//
//	s.When(brooktest.Raw("order.placed", "u1", `{"cents": "a lot"}`))
func Raw(typ, key, data string) brook.Outgoing { return raw{typ: typ, key: key, data: data} }

// RawVersion is [Raw] for a producer that says of which version its payload is.
//
//	s.When(brooktest.RawVersion("order.placed", 1, "u1", `{"id":"u1","total":"9.95"}`))
func RawVersion(typ string, version int, key, data string) brook.Outgoing {
	return raw{typ: typ, version: version, key: key, data: data}
}

// raw is an event that no package knows.
type raw struct {
	brook.Outgoing
	typ, key, data string
	version        int // 0: none is said
}
