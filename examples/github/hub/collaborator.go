package hub

// MemberKey is the key of a collaborator.
type MemberKey struct {
	Repo RepoID
	User UserID
}

// Collaborator is somebody who may do something in a repository.
//
//brook:collection collaborators key=MemberKey history=off
type Collaborator struct {
	Login      Login  `brook:"index"`
	Permission string // "" where no delivery told
}
