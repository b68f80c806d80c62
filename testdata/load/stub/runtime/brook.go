// Package brook stands in for the runtime in tests of the loader, which knows its types by name.
package brook

import "context"

type Event[E any] struct{ Data E }

type Tombstone[K comparable, E any] struct{ Key K }

type Change[K comparable, V any] struct{}

type Emission[E any] struct{}

type Timer[E any] struct{}

type Effect func(context.Context) error

type View[K comparable, V any] struct{}

type Index[I comparable, K comparable, V any] struct{}

type Request[J any] struct{}

type Job[J any] struct{ Data J }
