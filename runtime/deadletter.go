package brook

import (
	"fmt"
	"log/slog"
	"time"
)

// The stages at which an event becomes a dead letter.
const (
	StageDecode = "decode" // the record holds no event that can be read
	StageHandle = "handle" // the handler failed or panicked, or the event waits behind such a one
	StageApply  = "apply"  // the store can't take what the handler returned
	StageEmit   = "emit"   // the log refuses what the handler emitted
	StageEarly  = "early"  // the event waits for a row for longer than Config.Patience: see Early
	StageJob    = "job"    // a job was given up that the handler asked for
)

// DeadLetter is an event that was put aside, with all that is needed to see why and to try it
// again. One that an app's DeadLetters yields is the caller's own. One that Hooks.DeadLetter is
// called with may share its bytes with the log: they must not be changed.
type DeadLetter struct {
	// Position is that of the event; for stages emit and job, of the event whose handler emitted, or
	// asked for the job.
	Position Position
	ID       string // of the event at Position; for stage job, of the job
	Type     string // "" if the record does not say; for stages emit and job, of what is put aside
	Author   string
	Stage    string
	Set      string // the handler set that failed; "" if none was reached
	Error    string
	Attempts int       // how often it was tried; 0: it only waits behind another one
	Time     time.Time // when it was put aside, or tried last
	// Key is the event's key as text, which later events wait for; nil: none do. For stage job it is
	// the job's, which later jobs of its type wait for.
	Key []byte
	// Record is the whole record; for stage emit, the one that was to be published. For stage job
	// its value is the job's data as JSON.
	Record Record

	// Omitted is how many bytes of the record the letter does not hold, because the store takes
	// less in one commit: those of Record.Value and, if that is not enough, of Record.Key and
	// Record.Headers. Redrive reads the record from the log again.
	Omitted int

	// Ordinal is, for stage emit, the place among the emissions of the set; for stage job, that
	// among its jobs.
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

// LogValue returns what is logged of a letter: all but its record, which may hold what is nobody's
// business.
func (l DeadLetter) LogValue() slog.Value {
	return slog.GroupValue(slog.String("position", l.Position.String()), slog.String("id", l.ID),
		slog.String("type", l.Type), slog.String("stage", l.Stage), slog.String("set", l.Set),
		slog.Int("attempts", l.Attempts), slog.String("error", l.Error))
}
