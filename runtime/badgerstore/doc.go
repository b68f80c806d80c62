// Package badgerstore keeps an app's views on disk, in the embedded database Badger.
package badgerstore
