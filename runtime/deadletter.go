package brook

import (
	"fmt"
	"time"
)

// The stages at which an event becomes a dead letter.
const (
	StageDecode = "decode" // the record holds no event that can be read
	StageHandle = "handle" // the handler failed or panicked, or the event waits behind such a one
	StageApply  = "apply"  // the store can't take what the handler returned
	StageEmit   = "emit"   // the log refuses what the handler emitted
	StageEarly  = "early"  // the event waits for a row for longer than Config.Patience: see Early
)

// DeadLetter is an event that was put aside, with all that is needed to see why and to try it
// again. One that an app's DeadLetters yields is the caller's own. One that Hooks.DeadLetter is
// called with may share its bytes with the log: they must not be changed.
type DeadLetter struct {
	Position Position // of the event; for stage emit, of the event whose handler emitted
	ID       string
	Type     string // "" if the record does not say
	Author   string
	Stage    string
	Set      string // the handler set that failed; "" if none was reached
	Error    string
	Attempts int       // how often it was tried; 0: it only waits behind another one
	Time     time.Time // when it was put aside, or tried last
	Key      []byte    // the event's key as text, which later events wait for; nil: none do
	Record   Record    // the whole record; for stage emit, the one that was to be published

	// Omitted is how many bytes of the record the letter does not hold, because the store takes
	// less in one commit: those of Record.Value and, if that is not enough, of Record.Key and
	// Record.Headers. Redrive reads the record from the log again.
	Omitted int

	// Ordinal is, for stage emit, the place among the emissions of the set.
	Ordinal int
	// Silent is set if the event was acted on before a rebuild made this letter. Redriving it
	// publishes no emissions and runs no effects.
	Silent bool
}

// String returns what failed, where and why in one line.
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
