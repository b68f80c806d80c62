// Package stored is the format that stores have in common which keep bytes: history entries, the
// fields that they consist of, and archives, the files that backups and snapshots are. Stores and
// files that exist have these bytes, so they never change.
//
// Numbers are varints. Texts and bytes have their length in front; that of bytes is one more, for 0
// is nil. Decoding never panics, reads nothing beyond its input, and allocates no more than a fixed
// multiple of its length.
package stored
