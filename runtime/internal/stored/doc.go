// Package stored is the format that the stores which keep bytes have in common: history entries,
// and the fields that they consist of. Stores that exist have these bytes, so they never change.
//
// Numbers are varints. Texts and bytes have their length in front; that of bytes is one more, for 0
// is nil. Decoding never panics, reads nothing beyond its input, and allocates no more than a fixed
// multiple of its length.
package stored
