package hub

// LabelKey is the key of a label.
type LabelKey struct {
	Repo RepoID
	Name LabelName
}

// Label is a label of a repository.
//
//brook:collection labels key=LabelKey history=off
type Label struct {
	Color       string
	Description string
	Default     bool
}
