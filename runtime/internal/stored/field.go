package stored

import "encoding/binary"

// AppendText appends a text.
func AppendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// AppendBytes appends bytes that may be nil.
func AppendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(b))+1), b...)
}

// AppendKey appends bytes that are never nil, in the form of a text.
func AppendKey(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Decoder reads fields, one after another. Once one of them did not decode, the decoder has failed:
// nothing is left, and all further fields are zero.
type Decoder struct {
	data   []byte
	failed bool
}

// NewDecoder returns a decoder of data, which it does not change.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

// Failed reports whether a field did not decode.
func (d *Decoder) Failed() bool { return d.failed }

// Rest returns what was not read yet.
func (d *Decoder) Rest() []byte { return d.data }

// Uvarint reads a number that has no sign.
func (d *Decoder) Uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if !d.skip(n) {
		return 0
	}
	return v
}

// Text reads what AppendText wrote.
func (d *Decoder) Text() string { return string(d.Key()) }

// Key reads what AppendKey or AppendText wrote. The result shares its bytes with the input.
func (d *Decoder) Key() []byte { return d.Take(d.Uvarint()) }

// Take reads n bytes as they are. The result shares its bytes with the input.
func (d *Decoder) Take(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.fail()
		return nil
	}
	b := d.data[:n:n]
	d.data = d.data[n:]
	return b
}

func (d *Decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	if !d.skip(n) {
		return 0
	}
	return v
}

func (d *Decoder) bytes() []byte {
	n := d.Uvarint()
	if n == 0 {
		return nil
	}
	return d.Take(n - 1)
}

// skip moves past a number of n bytes, and reports whether there was one.
func (d *Decoder) skip(n int) bool {
	if n <= 0 {
		d.fail()
		return false
	}
	d.data = d.data[n:]
	return true
}

func (d *Decoder) fail() { d.failed, d.data = true, nil }
