package brook

import (
	"fmt"
	"time"
)

// The stages at which an event becomes a dead letter.
const (
	StageDecode = "decode" // the record holds no event that can be read
	StageHandle = "handle" // the handler gave an error or panicked, or the event waits behind such a one
	StageApply  = "apply"  // the store can't take what the handler gave
	StageEmit   = "emit"   // the log refuses what the handler emitted
)

// DeadLetter is an event that was put aside, with all that is needed to see why and to try it again. It
// is the caller's own.
type DeadLetter struct {
	Position Position // of the event; for stage emit that of the event whose handler emitted
	ID       string
	Type     string // "" where the record does not say
	Author   string
	Stage    string
	Set      string // the handler set, "" where it failed before any
	Error    string
	Attempts int       // tries so far; 0: it only waits behind another one
	Time     time.Time // when it was put aside, or tried last
	Key      []byte    // the event's key as text: what later events wait for; nil: none do
	Record   Record    // the whole record; for stage emit the one that was to be published

	// Omitted is how many bytes of the record the letter does not hold, because the store takes less in one commit: those of
	// Record.Value and, where that was not enough, of Record.Key and Record.Headers. Redrive reads the record from the log again.
	Omitted int

	Ordinal int // for stage emit: the place among the set's emissions
	// Silent: the event was acted on before a rebuild made this letter; redriving it neither emits nor runs effects.
	Silent bool
}

// String says what failed where in one line.
func (l DeadLetter) String() string {
	where := l.Position.String()
	if l.Type != "" {
		where += " " + l.Type
	}
	if l.Set != "" {
		where += " in " + l.Set
	}
	return fmt.Sprintf("%s: %s: %s (attempts: %d)", where, l.Stage, l.Error, l.Attempts)
}
