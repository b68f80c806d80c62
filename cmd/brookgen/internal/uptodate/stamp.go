package uptodate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"time"
)

// Stamp is what is known of a file: the zero Stamp if there is none.
type Stamp struct {
	Size int64     `json:"size,omitempty"`
	Time time.Time `json:"time,omitzero"`
	Hash string    `json:"hash,omitempty"` // SHA-256
}

// stampOf reads a file.
func stampOf(path string) (Stamp, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Stamp{}, nil
	case err != nil:
		return Stamp{}, err
	}
	hash, err := hashOf(path)
	return Stamp{Size: info.Size(), Time: info.ModTime(), Hash: hash}, err
}

func hashOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// holds reports whether a file is still as it was when it was recorded.
func (s Stamp) holds(path string, recorded time.Time) bool {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s == Stamp{}
	case err != nil || info.Size() != s.Size || s.Hash == "":
		return false
	case info.ModTime().Equal(s.Time) && !s.after(recorded):
		return true
	}
	hash, err := hashOf(path)
	return err == nil && hash == s.Hash
}

// after reports whether the file may have been written at t or later. The clock of files ticks
// every few milliseconds; that of old file systems every two seconds, which shows in round times.
func (s Stamp) after(t time.Time) bool {
	tick := 20 * time.Millisecond
	if s.Time.Nanosecond()%int(10*time.Millisecond) == 0 {
		tick = 2 * time.Second
	}
	return s.Time.Add(tick).After(t)
}
