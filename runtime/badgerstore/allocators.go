package badgerstore

import (
	"reflect"
	"unsafe"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/ristretto/v2/z"
)

// keepNoAllocators frees what Badger allocates to make a table as soon as the table is made. Badger has a pool that keeps eight
// such allocators of up to 400 MB each while tables are made, which no option bounds. Whatever is put into the pool is taken out
// here, until Close closes it. Where Badger's fields are others, the pool stays as it is; TestMemory notices.
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
