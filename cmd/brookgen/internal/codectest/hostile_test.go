package codectest

import (
	"runtime"
	"strings"
	"testing"
)

// TestHostile decodes and encodes what is meant to hurt.
func TestHostile(t *testing.T) {
	texts := map[string]string{
		"arrays":         strings.Repeat("[", 1_000_000),
		"objects":        strings.Repeat(`{"a":`, 1_000_000),
		"recursive":      strings.Repeat(`{"left":`, 1_000_000),
		"self":           strings.Repeat(`{"self":`, 1_000_000),
		"skipped arrays": `{"x":` + strings.Repeat("[", 1_000_000),
		"long number":    `{"cents":` + strings.Repeat("9", 1_000_000) + ",}",
		"long fraction":  strings.Repeat("9", 1_000_000) + "." + strings.Repeat("1", 1_000_000),
		"long exponent":  "1e" + strings.Repeat("9", 1_000_000),
		"long key":       `{"` + strings.Repeat("k", 1_000_000) + `":[`,
		"mixed":          `"\n` + strings.Repeat("aé", 300_000) + `" x`,
		"mixed keys":     `{"\n` + strings.Repeat("aé", 300_000) + `":1} x`,
		"invalid UTF-8":  `"` + strings.Repeat("a\xff", 300_000) + `" x`,
		"escapes":        `"` + strings.Repeat(`\ud83d`, 200_000),
	}
	for name, text := range texts {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, c := range all {
			if _, err := c.decode([]byte(text)); err == nil {
				t.Errorf("%s: %s was accepted", c.name, name)
			} else if len(err.Error()) > 4000 {
				t.Errorf("%s: %s: an error of %d bytes", c.name, name, len(err.Error()))
			}
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(len(all)*20*len(text))+100<<20 {
			t.Errorf("%s: %d MB were allocated", name, used>>20)
		}
	}
}

// TestCycles encodes and copies values that contain themselves.
func TestCycles(t *testing.T) {
	tree := &Tree{Name: "a"}
	tree.Left, tree.Right = tree, tree
	tree.ByName = map[string]*Tree{"self": tree}
	if _, err := AppendShapesJSON(nil, &Shapes{Tree: *tree}); err == nil {
		t.Error("a cycle of pointers was encoded")
	}
	if err := cloneStored(new(Stored), &Stored{Tree: tree}); err == nil {
		t.Error("a cycle of pointers was copied")
	}
	forest := Forest{nil}
	forest[0] = forest
	if _, err := AppendShapesJSON(nil, &Shapes{Forest: forest}); err == nil {
		t.Error("a cycle of slices was encoded")
	}
	loop := map[string]any{}
	loop["self"] = []any{loop, loop}
	dst := []byte("before")
	if got, err := AppendSpecialJSON(dst, &Special{Object: loop}); err == nil ||
		string(got) != "before" {
		t.Errorf("a cycle of maps: %q, %v", got, err)
	}
	if err := cloneStored(new(Stored), &Stored{Any: loop}); err == nil {
		t.Error("a cycle of maps was copied")
	}
}
