// Package v2 is v1 after the event of the timer got another name and a second version.
package v2

//go:generate go run github.com/brookgen/brookgen/cmd/brookgen

import (
	"errors"
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

// StruckV1 knew the hour alone.
//
//brook:event bell.rung version=1
type StruckV1 struct {
	Tower string `json:"tower" brook:"key"`
	Hour  int    `json:"hour"`
}

// Upcast knows no hour after the twelfth.
//
//brook:upcast
func (s StruckV1) Upcast() (Rung, error) {
	if s.Hour > 12 {
		return Rung{}, errors.New("there is no such hour")
	}
	return Rung{Tower: s.Tower, Strokes: 2 * s.Hour}, nil
}

// Rung says that a bell is to ring so often now.
//
//brook:event bell.rung was=bell.struck version=2
type Rung struct {
	Tower   string `json:"tower" brook:"key"`
	Strokes int    `json:"strokes"`
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
func (Clockwork) Wound(e brook.Event[Wound]) brook.Timer[Rung] {
	return brook.At(e.Data.Due, Rung{Tower: e.Data.Tower, Strokes: 2 * e.Data.Hour})
}

//brook:handle
func (Clockwork) Stopped(e brook.Event[Stopped]) brook.Timer[Rung] {
	return brook.Cancel(Rung{Tower: e.Data.Tower})
}

//brook:handle
func (Clockwork) Rung(e brook.Event[Rung]) brook.Change[string, Tower] {
	ring := time.Duration(e.Data.Strokes).String()
	return brook.Merge(e.Data.Tower, func(t *Tower) { t.Rings = append(t.Rings, ring) })
}
