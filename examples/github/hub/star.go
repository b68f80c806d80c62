package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// StarKey is the key of a star.
type StarKey struct {
	Repo RepoID
	User UserID
}

// Star is somebody's star for a repository.
//
//brook:collection stars key=StarKey history=off
type Star struct {
	User UserID `brook:"index"`
	At   webhook.Timestamp
}
