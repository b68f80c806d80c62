package badgerstore

import (
	"reflect"
	"unsafe"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/ristretto/v2/z"
)

// keepNoAllocators frees what Badger allocates to make a table as soon as the table is made.
// Badger's pool keeps eight such allocators of up to 400 MB each while tables are made, and no
// option bounds it. This goroutine takes out whatever is put into the pool, until Close closes it.
// If a version of Badger has other fields, the pool stays as it is, and TestMemory fails.
func keepNoAllocators(db *badger.DB) {
	pool := reflect.ValueOf(db).Elem().FieldByName("allocPool")
	if !pool.IsValid() || pool.Type() != reflect.TypeFor[*z.AllocatorPool]() || pool.IsNil() {
		return
	}
	field := pool.Elem().FieldByName("allocCh")
	if !field.IsValid() || field.Type() != reflect.TypeFor[chan *z.Allocator]() {
		return
	}
	kept := *(*chan *z.Allocator)(unsafe.Pointer(field.UnsafeAddr()))
	go func() {
		for a := range kept {
			a.Release()
		}
	}()
}
