package uptodate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"time"
)

// hashOf returns the SHA-256 of a file's content, "" if there is no such file. Sizes and times
// would be faster to compare, but some tools restore times.
func hashOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// writtenSince reports whether a file may have been written at t or later. The clock of files ticks
// every few milliseconds; that of old file systems every two seconds, which shows in round times.
func writtenSince(path string, t time.Time) bool {
	info, err := os.Stat(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	tick := 20 * time.Millisecond
	if info.ModTime().Nanosecond()%int(10*time.Millisecond) == 0 {
		tick = 2 * time.Second
	}
	return info.ModTime().Add(tick).After(t)
}
