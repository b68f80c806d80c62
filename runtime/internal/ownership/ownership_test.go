package ownership

import (
	"testing"

	"github.com/brookgen/brookgen/runtime/internal/partition"
)

var in, other, none = partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}, partition.ID{}

// want checks what an app is for a partition, as letters: o it owns it, a it is active, s it stands
// by.
func want(t *testing.T, when string, o *Ownership, id partition.ID, want string) {
	t.Helper()
	got := ""
	for letter, is := range map[string]bool{"o": o.Owns(id), "a": o.Active(id), "s": o.StandsBy(id)} {
		if is {
			got += letter
		}
	}
	sorted := ""
	for _, letter := range "oas" {
		for _, l := range got {
			if l == letter {
				sorted += string(l)
			}
		}
	}
	if sorted != want {
		t.Errorf("%s, of %v: %q, want %q", when, id, sorted, want)
	}
}

// An app in no group acts for all; a member of a divided group for what it was assigned, and for
// what no partition caused.
func TestDivided(t *testing.T) {
	o := &Ownership{}
	want(t, "alone", o, in, "oa")
	want(t, "alone", o, none, "oa")
	o.Join(true)
	want(t, "joined", o, in, "s")
	want(t, "joined", o, none, "a")
	if !o.Divided() {
		t.Error("a group that divides is not divided")
	}
	o.Assign(map[partition.ID]int64{in: 0})
	want(t, "assigned", o, in, "oa")
	want(t, "assigned", o, other, "s")
	o.Suspend()
	want(t, "suspended", o, in, "o")
	want(t, "suspended", o, other, "s")
	want(t, "suspended", o, none, "a")
	o.Assign(map[partition.ID]int64{other: 0})
	want(t, "assigned anew", o, in, "s")
	want(t, "assigned anew", o, other, "oa")
	o.Suspend()
	o.Dissolve()
	want(t, "dissolved", o, in, "oa")
	want(t, "dissolved", o, other, "oa")
	if o.Divided() {
		t.Error("an app in no group is divided")
	}
}

// A member of a group that divides its marks alone acts for all, and marks what it owns.
func TestUndivided(t *testing.T) {
	o := &Ownership{}
	o.Join(false)
	want(t, "joined", o, in, "a")
	o.Assign(map[partition.ID]int64{in: 3})
	want(t, "assigned", o, in, "oa")
	want(t, "assigned", o, other, "a")
	o.Suspend()
	want(t, "suspended", o, in, "oa")
	if o.Acted(in.At(0)) {
		t.Error("what others marked counts as acted on")
	}
	o.Join(true) // a suspended member that joins again begins without partitions
	want(t, "joined again", o, in, "s")
	o.Assign(map[partition.ID]int64{in: 3})
	want(t, "assigned again", o, in, "oa")
}

// Checkpoints only rise, and outlive divisions: what was acted on once is not acted on again.
func TestActed(t *testing.T) {
	o := &Ownership{}
	o.Acknowledge(in, 7)
	if o.Acted(in.At(0)) {
		t.Error("an app in no group leaves events to others")
	}
	o.Join(true)
	o.Acknowledge(in, 5)
	if at := o.Acknowledged(in); at != 7 {
		t.Errorf("the checkpoint fell to %d", at)
	}
	o.Assign(map[partition.ID]int64{in: 6, other: 2})
	if o.Acknowledged(in) != 7 || o.Acknowledged(other) != 2 {
		t.Errorf("assigned: %d and %d, want 7 and 2", o.Acknowledged(in), o.Acknowledged(other))
	}
	if !o.Acted(in.At(6)) || o.Acted(in.At(7)) || !o.Acted(other.At(1)) || o.Acted(other.At(2)) {
		t.Error("what is below the checkpoint was acted on, and nothing else")
	}
	o.Assign(nil)
	if !o.Acted(in.At(6)) {
		t.Error("what was acted on is forgotten with the partition")
	}
}
