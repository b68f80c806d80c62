package spelling

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"publish", "discard", "topic", "id"}
	for word, want := range map[string]string{
		"publsh": "publish", "Discrad": "discard", "other": "",
		"ID": "id", "is": "", "": "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q is nearest to %q, want %q", word, got, want)
		}
	}
}
