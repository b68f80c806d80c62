package delivery

import brook "github.com/brookgen/brookgen/runtime"

// lastingBlock is the size of the blocks that keys and headers of several events share. What a
// handler keeps of one keeps its block alive, and not all that a driver read at once.
const lastingBlock = 512

// Lasting returns the record's key and the event's headers with bytes that handlers may keep: those
// of the record are the driver's again once its chunk is committed.
func (d *Delivery) Lasting() (key []byte, headers []brook.Header) {
	from := d.Message.Headers
	if len(from) > 0 {
		headers = make([]brook.Header, len(from))
		for i := range from {
			headers[i] = brook.Header{Key: from[i].Key, Value: d.lasting(from[i].Value)}
		}
	}
	return d.lasting(d.Record.Key), headers
}

// place returns the text of the event's position. It shares a block with others: a text of its own
// was one of five allocations of an event.
func (d *Delivery) place() string {
	var room [64]byte
	text := d.Position.Append(room[:0])
	if d.texts.Cap()-d.texts.Len() < len(text) {
		d.texts.Reset()
		d.texts.Grow(max(lastingBlock, len(text)))
	}
	from := d.texts.Len()
	d.texts.Write(text)
	return d.texts.String()[from:]
}

// lasting returns a copy of b; nil if b is.
func (d *Delivery) lasting(b []byte) []byte {
	switch {
	case b == nil:
		return nil
	case len(b) == 0:
		return []byte{}
	}
	if len(b) > cap(d.block)-len(d.block) {
		if len(b) > lastingBlock/4 {
			return append([]byte{}, b...)
		}
		d.block = make([]byte, 0, lastingBlock)
	}
	from := len(d.block)
	d.block = append(d.block, b...)
	return d.block[from:len(d.block):len(d.block)]
}
