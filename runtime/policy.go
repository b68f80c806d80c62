package brook

// FailurePolicy says what becomes of later events of a key after a handler set failed for one of
// them.
//
// Each of the three policies is a type of its own, so that a constant in the wrong place does not
// compile. [GoOn] and [Fail], which all three have, are untyped. A policy that is read from a file,
// a flag or the environment is converted, and [NewApp] refuses one that is unknown with an error
// that lists those that are known; "" is the default:
//
//	config.OnFailure = brook.FailurePolicy(os.Getenv("ON_FAILURE")) // wait, go on or fail
type FailurePolicy string

// StalePolicy says what to do with views that other handlers made.
type StalePolicy string

// RetentionPolicy says what to do if the log no longer has events that the views need.
type RetentionPolicy string

// GoOn and Fail are for Config.OnFailure, OnStale and OnRetention.
const (
	// GoOn goes on: with the key's next event, with the views as they are, or without the events
	// that are missing.
	GoOn = "go on"
	// Fail ends Run with the error.
	Fail = "fail"
)

// Wait and Stop are for Config.OnFailure alone.
const (
	// Wait has later events of the key wait behind the failed one, for the set that failed.
	Wait FailurePolicy = "wait"
	// Stop is the same as Fail.
	Stop FailurePolicy = "stop"
)

// RebuildStale is for Config.OnStale alone: the views are rebuilt from the log, beside the live
// ones.
const RebuildStale StalePolicy = "rebuild"
