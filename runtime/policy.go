package brook

// FailurePolicy says what happens to later events of a key after a handler set failed for one of
// them: [Wait], [GoOn], [Fail] or [Stop].
//
// Each of the three policies is a type of its own, so that a constant in the wrong place does not
// compile. [GoOn] and [Fail], which all three have, are untyped. A policy that is read from a file,
// a flag or the environment is converted, and [NewApp] refuses one that is unknown with an error
// that lists those that are known; "" is the default:
//
//	config.OnFailure = brook.FailurePolicy(os.Getenv("ON_FAILURE")) // wait, go on or fail
type FailurePolicy string

// StalePolicy says what to do with views that other handlers made: [RebuildStale], [Fail] or
// [GoOn].
type StalePolicy string

// CodeChangePolicy says what to do with views whose handlers had other code: [Tell], [RebuildStale]
// or [GoOn]. It is the type of RebuildStale, which both policies have; [NewApp] refuses Tell as a
// StalePolicy, and Fail as a CodeChangePolicy.
type CodeChangePolicy = StalePolicy

// RetentionPolicy says what to do if the log no longer has events that the views need: [Fail] or
// [GoOn].
type RetentionPolicy string

// GoOn and Fail are values of Config.OnFailure, OnStale and OnRetention; GoOn is one of
// OnCodeChange, too.
const (
	// GoOn goes on: with the key's next event, with the views as they are, or without the events
	// that are missing.
	GoOn = "go on"
	// Fail ends Run with the error.
	Fail = "fail"
)

// Wait and Stop are values of Config.OnFailure alone.
const (
	// Wait makes later events of the key wait behind the failed one, for the set that failed.
	Wait FailurePolicy = "wait"
	// Stop does the same as Fail.
	Stop FailurePolicy = "stop"
)

// Tell is a value of Config.OnCodeChange alone: the views stay as they are, and the log warns at
// each start until they are rebuilt.
const Tell CodeChangePolicy = "tell"

// RebuildStale is a value of Config.OnStale and OnCodeChange: the views are rebuilt from the log,
// beside the live ones.
const RebuildStale StalePolicy = "rebuild"
