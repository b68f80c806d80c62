// Package race is for tests that do less under the race detector: what starts many processes, or
// runs long in one goroutine, where there is nothing for it to find. Without it they do it all.
package race
