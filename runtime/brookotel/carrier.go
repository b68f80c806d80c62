package brookotel

import (
	"go.opentelemetry.io/otel/propagation"

	brook "github.com/brookgen/brookgen/runtime"
)

// carrier lets propagators read and write the headers of records.
type carrier struct{ headers []brook.Header }

var _ propagation.TextMapCarrier = (*carrier)(nil)

// extension is what the name of an attribute of CloudEvents begins with in headers.
const extension = "ce_"

// Get returns the value of a header, the last one of several. Without one it is that of the
// attribute of CloudEvents of the name: producers that know nothing of tracing in Kafka write it.
func (c *carrier) Get(key string) string {
	attribute := ""
	for i := len(c.headers) - 1; i >= 0; i-- {
		switch h := &c.headers[i]; {
		case h.Key == key:
			return string(h.Value)
		case attribute == "" && len(h.Key) == len(extension)+len(key) &&
			h.Key[:len(extension)] == extension && h.Key[len(extension):] == key:
			attribute = string(h.Value)
		}
	}
	return attribute
}

// Set adds a header.
func (c *carrier) Set(key, value string) {
	c.headers = append(c.headers, brook.Header{Key: key, Value: []byte(value)})
}

// Keys returns the names of all headers.
func (c *carrier) Keys() (keys []string) {
	for i := range c.headers {
		keys = append(keys, c.headers[i].Key)
	}
	return keys
}
