// Package badger measures runtime/badgerstore against bare Badger.
package badger
