package kafkadriver

// names keeps names of headers and topics as strings: records use the same few again and again.
type names struct {
	known  map[string]string
	recent [16]string // of the record before
}

// maxNames bounds how many names are kept: records that all have different names must
// not fill the memory.
const maxNames = 1000

// name returns the name of a record's n-th header, most often without an allocation: that of the
// record before, or another one that is kept.
func (k *names) name(n int, b []byte) string {
	if n < len(k.recent) && k.recent[n] == string(b) {
		return k.recent[n]
	}
	s := k.text(b)
	if n < len(k.recent) {
		k.recent[n] = s
	}
	return s
}

// text returns b as a string.
func (k *names) text(b []byte) string {
	s, ok := k.known[string(b)]
	if !ok {
		if s = string(b); len(k.known) < maxNames && len(s) <= 64 {
			if k.known == nil {
				k.known = map[string]string{}
			}
			k.known[s] = s
		}
	}
	return s
}
