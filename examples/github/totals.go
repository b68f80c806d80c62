package main

import "fmt"

// totals says what became of the deliveries. Each is in one of the four classes.
type totals struct {
	deliveries int // lines that are not blank
	applied    int // of known kinds, and in a view
	discarded  int // of known kinds, and ignored on purpose
	unknown    int // of kinds that the package does not know
	letters    int // that became dead letters
}

// String gives the program's last line.
func (t totals) String() string {
	return fmt.Sprintf("%d deliveries: %d applied, %d discarded, %d of unknown kinds, %d dead letters",
		t.deliveries, t.applied, t.discarded, t.unknown, t.letters)
}
