package brook

import "time"

// Header is one header of a record. Names are kept as they are; several headers may have one name.
type Header struct {
	Key   string
	Value []byte
}

// Record is one entry of the log, as a driver delivers and takes it. Nobody may change the
// bytes of a record that a driver delivered: its log may share them.
type Record struct {
	Topic     string
	Partition int32     // ignored by Publish, which chooses it by Key, unless Placed
	Placed    bool      `json:",omitempty"` // for Publish of a driver that is a [Placer]: Partition is where the record goes
	Offset    int64     // ignored by Publish
	Time      time.Time // when it was appended; zero for Publish, where the driver is to say so
	Key       []byte    // nil: the record may go to any partition
	Value     []byte    // nil: a tombstone
	Headers   []Header
}

// Position is where r stands.
func (r *Record) Position() Position { return Position{r.Topic, r.Partition, r.Offset} }

// Header gives the value of the last header of that name, and whether there is one.
func (r *Record) Header(key string) ([]byte, bool) {
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == key {
			return r.Headers[i].Value, true
		}
	}
	return nil, false
}
