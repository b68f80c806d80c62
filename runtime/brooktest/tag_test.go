package brooktest

import (
	"reflect"
	"testing"
)

// TestTagWords: a default takes the rest of the tag, whatever stands in it, and an old name may be
// called as a word.
func TestTagWords(t *testing.T) {
	type row struct {
		ID    string `brook:"was=nr, key"`
		Index string `brook:"was=key,default=a,key,index"`
		Mail  string `brook:"unique"`
	}
	for word, want := range map[string]string{"key": "ID", "unique": "Mail", "index": ""} {
		got := ""
		for _, f := range taggedFields(reflect.TypeFor[row](), word) {
			got += f.Name
		}
		if got != want {
			t.Errorf("%s is on %q, want %q", word, got, want)
		}
	}
}
