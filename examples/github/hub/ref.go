package hub

import "strings"

// RefKey is the key of a branch or a tag.
type RefKey struct {
	Repo RepoID
	Kind string // branch or tag, or what git calls it: notes, changes
	Name string
}

// Ref is a branch or a tag.
//
//brook:collection refs key=RefKey history=off
type Ref struct {
	Head    string // the last commit pushed, "" where no push was seen
	Pushes  int
	Commits int
}

// refKey reads a ref as pushes write it: refs/heads/feature/x.
func refKey(repo RepoID, ref string) RefKey {
	kind, name, ok := strings.Cut(strings.TrimPrefix(ref, "refs/"), "/")
	switch {
	case !ok:
		kind, name = "branch", kind
	case kind == "heads":
		kind = "branch"
	case kind == "tags":
		kind = "tag"
	}
	return RefKey{repo, kind, name}
}
