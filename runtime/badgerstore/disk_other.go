//go:build !linux && !darwin && !freebsd

package badgerstore

func freeSpace(string) (int64, bool) { return 0, false }
