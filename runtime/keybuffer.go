package brook

import "sync"

// keyBufferSize is the capacity of the buffers that KeyBuffer lends.
const keyBufferSize = 128

// keyBuffers lends the buffers that keys are encoded into for a read.
var keyBuffers = sync.Pool{New: func() any { return new([keyBufferSize]byte) }}

// KeyBuffer returns an empty buffer to append a key to, for the methods Get, Has and First of a
// [RowReader], which take it back. It is not inlined, as three methods of each view call it.
// Generated code uses it.
//
//go:noinline
func KeyBuffer() []byte { return keyBuffers.Get().(*[keyBufferSize]byte)[:0] }

// returnBuffer takes back what KeyBuffer returned. A key that outgrew its buffer is left to the
// collector.
func returnBuffer(b []byte) {
	if cap(b) == keyBufferSize {
		keyBuffers.Put((*[keyBufferSize]byte)(b[:keyBufferSize]))
	}
}
