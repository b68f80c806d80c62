// Package badger measures runtime/badgerstore against bare Badger.
//
// All figures in one run, with up to 10⁷ keys; -keys 1000000 leaves out what takes longest:
//
//	go test -run '^$' -bench 'Fold|Bare|Keys|Get' -benchtime 200000x -timeout 30m ./badger
package badger
