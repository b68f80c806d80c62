// Package keys measures what an event and a read cost on the map store as it grows, from 10⁴ rows
// to 10⁷, beside a map of Go.
package keys
