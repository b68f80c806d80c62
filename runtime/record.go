package brook

import "time"

// Header is one header of a record. The case of names is kept, and several headers may have the
// same name.
type Header struct {
	Key   string
	Value []byte
}

// Record is one entry of the log, as a driver delivers it and publishes it. Nobody may change the
// bytes of a record that a driver delivered: the driver may share them, and those that a [Lender]
// lent it may use again.
type Record struct {
	Topic string
	// Partition is the number of the partition. Publish ignores it unless Placed is set: the driver
	// chooses the partition by Key.
	Partition int32
	// Placed has Publish put the record into Partition, if the driver is a [Placer].
	Placed  bool      `json:",omitempty"`
	Offset  int64     // ignored by Publish
	Time    time.Time // when it was appended; for Publish, zero if the driver is to set it
	Key     []byte    // nil: the record may go to any partition
	Value   []byte    // nil: a tombstone
	Headers []Header
}

// Position returns where r is in the log.
func (r *Record) Position() Position { return Position{r.Topic, r.Partition, r.Offset} }

// Header returns the value of the last header with that name, and whether there is one. The value
// shares r's bytes.
func (r *Record) Header(key string) ([]byte, bool) {
	for i := len(r.Headers) - 1; i >= 0; i-- {
		if r.Headers[i].Key == key {
			return r.Headers[i].Value, true
		}
	}
	return nil, false
}
