// Package bytestore is a store for tests that keeps values as bytes, as stores on disk and remote
// ones do: a map store of what the tables' codecs write. What is promised over it holds before
// any such store is there.
package bytestore
