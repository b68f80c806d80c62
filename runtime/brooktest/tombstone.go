package brooktest

import (
	"fmt"
	"reflect"

	brook "github.com/brookgen/brookgen/runtime"
)

// Tombstone returns the tombstone of a key: a record with a null value, on the topic of the event
// E. It has a time as an event has, and no ID.
//
//	s.When(brooktest.Tombstone[shop.UserChanged]("ada"))
//
// A handler that is called as a plain function takes brook.Tombstone[K, E]{Key: …}.
func Tombstone[E any, K comparable](key K) brook.Outgoing {
	return tombstone{data: new(E), key: reflect.ValueOf(key)}
}

// tombstone is a record without a value.
type tombstone struct {
	brook.Outgoing
	data any // *E
	key  reflect.Value
}

// tombstone returns the record of a tombstone.
func (s *Scenario[A]) tombstone(of tombstone) (brook.Record, error) {
	def := s.back.EventOf(of.data)
	if def == nil {
		return brook.Record{}, fmt.Errorf("%T is no event of the app's package", of.data)
	}
	keys, err := keyTypeOf(of.key.Type())
	if err != nil {
		return brook.Record{}, err
	}
	if shape := keys.shape(); shape != def.Shape {
		return brook.Record{}, fmt.Errorf("a tombstone of %s has a key of %s, not of %s (%s)",
			def.Type, def.Shape, shape, of.key.Type())
	}
	text, err := def.Shape.Text([]byte{}, keys.append(nil, of.key))
	return brook.Record{Topic: s.back.TopicOf(def), Key: text}, err
}
