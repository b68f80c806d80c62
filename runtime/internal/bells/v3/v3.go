// Package v3 is v2 after its bells were sold. Another timer has taken their place.
package v3

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Wound says that a clock was wound, which is to be lit at a time.
//
//brook:event clock.wound
type Wound struct {
	Tower string    `json:"tower" brook:"key"`
	Due   time.Time `json:"due"`
	Hour  int       `json:"hour"`
}

// Stopped says that a clock stands still.
//
//brook:event clock.stopped
type Stopped struct {
	Tower string `json:"tower" brook:"key"`
}

// Lit says that a clock is to be lit now.
//
//brook:event clock.lit
type Lit struct {
	Tower string `json:"tower" brook:"key"`
}

// Tower is what became of it.
//
//brook:collection towers
type Tower struct {
	ID    string   `json:"id" brook:"key"`
	Rings []string `json:"rings"`
}

// Clockwork lights the clocks.
type Clockwork struct{}

//brook:handle
func (Clockwork) Wound(e brook.Event[Wound]) brook.Timer[Lit] {
	return brook.At(e.Data.Due, Lit{Tower: e.Data.Tower})
}

//brook:handle
func (Clockwork) Stopped(e brook.Event[Stopped]) brook.Timer[Lit] {
	return brook.Cancel(Lit{Tower: e.Data.Tower})
}

//brook:handle
func (Clockwork) Lit(e brook.Event[Lit]) brook.Change[string, Tower] {
	return brook.Merge(e.Data.Tower, func(t *Tower) { t.Rings = append(t.Rings, "lit") })
}
