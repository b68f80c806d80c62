// Package wire is the runtime behind the JSON codecs that brookgen writes: an appending encoder, a
// one-pass decoder, and the deep copies that stores take of values.
//
// It follows encoding/json (version 1) in what it writes, in what it accepts and in the value that
// it makes of it, without reflection. It differs where encoding/json would be of no use to a codec:
//
//   - The first mistake ends the decoding; encoding/json goes on after a type mismatch, and
//     fails all the same.
//   - Pointers, slices and maps nested deeper than 10,000 levels are an encoding error, whether
//     they are a cycle or not. Such a text could not be decoded either.
//   - It is the encoding/json of Go 1.26, whatever Go compiles it. From Go 1.27 on, encoding/json
//     stands on its version 2, which writes and takes a few things in another way: the characters
//     of names in tags, bytes that are no UTF-8, escapes in times, the option "string". Values of
//     types that only an "any" tells are written by encoding/json, but for such bytes.
//
// What a decoder returns does not share memory with the text. What BorrowDecoder's decoders return
// as strings of up to 32 bytes are parts of blocks of 128 bytes, which others that were decoded
// before or after them share. So a string that is kept, in a view or elsewhere, keeps at most 127
// bytes besides itself. Longer ones share nothing.
//
// Generated code, and envelopes that read JSON, are its only intended callers: its API is shaped
// for code that is small and fast to compile, and may change together with the generator. That
// is also why its methods are kept from being inlined: generated code would take twice as long to
// compile, and run no faster.
package wire

// maxDepth is how deep values may nest, as in encoding/json.
const maxDepth = 10000
