//go:build race

package badgerstore_test

// raced is set under the race detector, with which processes take long to start.
const raced = true
