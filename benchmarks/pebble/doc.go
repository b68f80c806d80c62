// Package pebble measures Pebble beside Badger with writes of the sizes, the numbers and the
// commits that runtime/badgerstore makes: of rows that are merged into again and again, of the same
// with histories, and of many rows that have to be read first. It is a module of its own, so that
// no other one has Pebble's dependencies.
//
// Memory is that of the process, so each line is for a process of its own:
//
//	go test -run '^$' -bench '^BenchmarkHot/^pebble$/^nosync$' -benchtime 3000000x .
//	go test -run '^$' -bench '^BenchmarkHistory/^badger$/^sync$' -benchtime 300000x .
//	go test -run '^$' -bench '^BenchmarkKeys/^1000000$/^badger$/^nosync$' -benchtime 300000x .
package pebble
