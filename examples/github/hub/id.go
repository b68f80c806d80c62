package hub

// Identifiers that last: names change, numbers don't.
type (
	RepoID int64
	UserID int64
	OrgID  int64
)

// Names by which views are asked.
type (
	Login     string // of an account
	LabelName string
	State     string // open or closed
)
