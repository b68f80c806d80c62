package main

import "testing"

// Without git, and outside of its repositories, nobody knows what was committed.
func TestCommitted(t *testing.T) {
	dir := t.TempDir()
	if text, known := committed(t.Context(), dir, "brook.lock"); known || text != nil {
		t.Errorf("of a folder in no repository it is known that it has %q", text)
	}
	t.Setenv("PATH", dir)
	if text, known := committed(t.Context(), ".", "brook.lock"); known || text != nil {
		t.Errorf("without git it is known that it has %q", text)
	}
}
