package main

import "testing"

func TestQuickstart(t *testing.T) {
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
}
