// Package storetest is the conformance suite for stores, and a store that fails on purpose.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) brook.Store { return mapstore.New() })
//	}
//
// [Run] checks every sentence of the brook.Store contract. A store that outlives a process is
// checked with [RunReopen] too. For a remote store pass [Remote]: it is then held to the promises
// of those. The suite is made for the race detector; it never sleeps, its random parts have fixed
// seeds that they log, and each of its tests is a subtest of its own.
//
// [Faulty] wraps a store so that the n-th operation fails, or that all fail from the n-th
// on, as after a crash.
package storetest
