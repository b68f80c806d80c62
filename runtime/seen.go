package brook

// The parts of a record that an envelope uses, each of which may occur once, as bits of a set.
const (
	sawVersion = 1 << iota
	sawID
	sawType
	sawAuthor
	sawTime
	sawCause
	sawLane
	sawHash
	sawPayloadVersion
	sawContent
	sawData
	sawBase64
)

// manyHeaders is the number of headers from which on names looks them up in a map.
const manyHeaders = 32

// names knows which names a growing list of headers has. The zero names is ready for use.
type names struct {
	seen map[string]bool
	upTo int // how many headers are in seen
}

// have reports whether one of headers has a name. headers must begin with those of the call before.
func (n *names) have(headers []Header, name string) bool {
	if len(headers) < manyHeaders {
		for i := range headers {
			if headers[i].Key == name {
				return true
			}
		}
		return false
	}
	if n.seen == nil {
		n.seen = make(map[string]bool, 2*manyHeaders)
	}
	for ; n.upTo < len(headers); n.upTo++ {
		n.seen[headers[n.upTo].Key] = true
	}
	return n.seen[name]
}

// same returns value as a string. It returns before, and copies nothing, if the two are equal:
// often the message before had the same value.
func same(before string, value []byte) string {
	if before == string(value) {
		return before
	}
	return string(value)
}
