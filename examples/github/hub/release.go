package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// ReleaseKey is the key of a release.
type ReleaseKey struct {
	Repo    RepoID
	Release int64
}

// Release is a release of a repository. A draft has not been published.
//
//brook:collection releases key=ReleaseKey
type Release struct {
	Tag        string
	Name       string
	Author     UserID `brook:"index"`
	Draft      bool
	Prerelease bool
	Assets     int
	Published  webhook.Timestamp
}
