package deadletter

import (
	"sync"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/partition"
)

// Letters are counted for each partition and for all, while its task changes them, and anew once
// others take their place.
func TestAllBlocked(t *testing.T) {
	var all AllBlocked
	a, b := partition.ID{Topic: "in"}, partition.ID{Topic: "in", Number: 1}
	letter := &Letter{DeadLetter: brook.DeadLetter{Key: []byte("k"), Stage: brook.StageHandle}}
	all.Of(a).Add(letter, true)
	all.Of(b).AddAfter()
	if n := all.Len(); n != 2 || all.Of(a).Len() != 1 || all.Of(b).Len() != 1 {
		t.Errorf("%d letters", n)
	}
	others := &Blocked{}
	others.Add(letter, true)
	others.Add(letter, true)
	all.Replace(map[partition.ID]*Blocked{a: others})
	if n := all.Len(); n != 2 || all.Of(a) != others || all.Of(b).Len() != 0 {
		t.Errorf("%d letters after others took their place", n)
	}
	var work sync.WaitGroup
	work.Go(func() { // its task
		for range 1000 {
			all.Of(a).Add(letter, true)
			all.Of(a).Remove(letter)
		}
	})
	for range 1000 {
		if n := all.Len(); n < 2 || n > 3 {
			t.Errorf("%d letters while one comes and goes", n)
			break
		}
	}
	work.Wait()
	all.Replace(nil)
	if n := all.Len(); n != 0 || all.Of(b).Len() != 0 {
		t.Errorf("%d letters of none", n)
	}
}
