// Package drivertest is the conformance suite for drivers, and a driver that fails on purpose.
//
//	func TestDriver(t *testing.T) {
//		drivertest.Run(t, func(t *testing.T) brook.Driver {
//			return memdriver.New(memdriver.Partitions(3))
//		})
//	}
//
// [Run] checks every sentence of the brook.Driver contract, and of the further powers that the
// driver has, on topics with names of its own that the driver must be able to make. They should
// have several partitions: tests that need several are skipped if there is only one. The suite is
// made for the race detector and never sleeps; a wait that is never answered ends after a minute.
// Each of its tests is a subtest of its own.
//
// [Faulty] wraps a driver so that the n-th operation fails, or that all fail from the n-th
// on, as after a crash.
package drivertest
