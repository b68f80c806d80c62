//go:build race

package redisstore_test

// raced is set under the race detector, with which processes take long to start.
const raced = true
