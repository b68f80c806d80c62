package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCommitFails has the second of two files go where no folder is.
func TestCommitFails(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "brook_app_gen.go")
	write(t, kept, []byte("old"))
	err := commit([]change{
		{path: kept, old: []byte("old"), new: []byte("new")},
		{path: filepath.Join(dir, "none", "brook_app_gen.go"), new: []byte("new")},
	})
	if err == nil {
		t.Error("no error")
	}
	if data, err := os.ReadFile(kept); err != nil || string(data) != "old" {
		t.Errorf("the first file holds %q, %v", data, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
