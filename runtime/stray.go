package brook

// Stray tells of an event that was undone and run alone, with all other lanes at rest: in parallel lanes an event may touch only rows
// whose key begins with its own. What it found there, others may have written before or after it when the log is folded anew.
type Stray struct {
	Position Position
	Type     string
	// Handler is Set.Method, a handler that is asserted to be partitioned and is not. It is "" where the record is keyed otherwise than
	// the event, or lies in another partition than its key's.
	Handler string
}
