//go:build linux || darwin || freebsd

package badgerstore

import "syscall"

// freeSpace returns how many bytes the process may still write to the disk of a directory.
func freeSpace(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // their types differ among systems
}
