//go:build race

package redisstore_test

// raced says that the race detector, under which processes take long to start, is on.
const raced = true
