package hub

import brook "github.com/brookgen/brookgen/runtime"

// Shelf keeps releases.
type Shelf struct{}

//brook:handle
func (Shelf) ReleaseHook(e brook.Event[ReleaseHook]) brook.Change[ReleaseKey, Release] {
	r := &e.Data.Release
	key := ReleaseKey{RepoID(e.Data.Repository.ID), r.ID}
	if e.Data.Action == "deleted" {
		return brook.Delete[Release](key)
	}
	return brook.Create(key,
		Release{Tag: r.TagName, Name: text(r.Name), Author: author(r.Author), Draft: r.Draft,
			Prerelease: r.Prerelease, Assets: len(r.Assets), Published: r.PublishedAt})
}

// RepositoryHook drops the releases of a deleted repository.
//
//brook:handle
func (Shelf) RepositoryHook(e brook.Event[RepositoryHook],
	releases brook.View[ReleaseKey, Release]) ([]brook.Change[ReleaseKey, Release], error) {
	if e.Data.Action != "deleted" {
		return nil, nil
	}
	return deleteUnder(releases, ReleaseKey{Repo: RepoID(e.Data.Repository.ID)}, 1)
}
