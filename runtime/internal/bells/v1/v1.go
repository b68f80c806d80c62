// Package v1 rings bells some time after somebody asked for it. The packages beside it are what
// becomes of it. Only tests use them.
package v1

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// Wound says that a clock was wound, whose bell is to ring at a time.
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

// Struck says that a bell is to ring now.
//
//brook:event bell.struck
type Struck struct {
	Tower string `json:"tower" brook:"key"`
	Hour  int    `json:"hour"`
}

// Tower is what its bell rang.
//
//brook:collection towers
type Tower struct {
	ID    string   `json:"id" brook:"key"`
	Rings []string `json:"rings"`
}

// Clockwork rings the bells.
type Clockwork struct{}

//brook:handle
func (Clockwork) Wound(e brook.Event[Wound]) brook.Timer[Struck] {
	return brook.At(e.Data.Due, Struck{Tower: e.Data.Tower, Hour: e.Data.Hour})
}

//brook:handle
func (Clockwork) Stopped(e brook.Event[Stopped]) brook.Timer[Struck] {
	return brook.Cancel(Struck{Tower: e.Data.Tower})
}

//brook:handle
func (Clockwork) Struck(e brook.Event[Struck]) brook.Change[string, Tower] {
	ring := time.Duration(e.Data.Hour).String()
	return brook.Merge(e.Data.Tower, func(t *Tower) { t.Rings = append(t.Rings, ring) })
}
