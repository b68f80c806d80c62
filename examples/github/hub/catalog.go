package hub

import (
	"github.com/brookgen/brookgen/examples/github/webhook"
	brook "github.com/brookgen/brookgen/runtime"
)

// Catalog keeps repositories, their owners, refs, collaborators and stars. Every delivery refreshes
// its repository.
type Catalog struct{}

//brook:handle
func (Catalog) CreateHook(e brook.Event[CreateHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization], brook.Change[RefKey, Ref]) {
	repo, org := shown(&e.Data.Delivery)
	var ref brook.Change[RefKey, Ref]
	if name := text(e.Data.Ref); name != "" {
		ref = brook.Merge(RefKey{repo.Key(), e.Data.RefType, name}, func(*Ref) {}) // its push may have come first
	}
	return repo, org, ref
}

//brook:handle
func (Catalog) DeleteHook(e brook.Event[DeleteHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization], brook.Change[RefKey, Ref]) {
	repo, org := shown(&e.Data.Delivery)
	var ref brook.Change[RefKey, Ref]
	if name := text(e.Data.Ref); name != "" {
		ref = brook.Delete[Ref](RefKey{repo.Key(), e.Data.RefType, name})
	}
	return repo, org, ref
}

//brook:handle
func (Catalog) PushHook(e brook.Event[PushHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization], brook.Change[RefKey, Ref]) {
	repo, org := shown(&e.Data.Delivery)
	key := refKey(repo.Key(), e.Data.Ref)
	if e.Data.Deleted {
		return repo, org, brook.Delete[Ref](key)
	}
	head, commits := e.Data.After, len(e.Data.Commits)
	return repo, org, brook.Merge(key, func(r *Ref) {
		r.Head = head
		r.Pushes++
		r.Commits += commits
	})
}

//brook:handle
func (Catalog) ForkHook(e brook.Event[ForkHook]) ([]brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	parent, org := shown(&e.Data.Delivery)
	fork := brook.Merge(RepoID(e.Data.Forkee.ID), func(r *Repository) {
		r.show(&e.Data.Forkee)
		r.Fork, r.Parent = true, parent.Key()
	})
	return []brook.Change[RepoID, Repository]{parent, fork}, org
}

//brook:handle
func (Catalog) IssueHook(e brook.Event[IssueHook]) ([]brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	repo, org := shown(&e.Data.Delivery)
	repos := []brook.Change[RepoID, Repository]{repo}
	if to := e.Data.Changes.NewRepository; to != nil {
		repos = append(repos, showing(to))
	}
	return repos, org
}

//brook:handle
func (Catalog) CommentHook(e brook.Event[CommentHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	return shown(&e.Data.Delivery)
}

//brook:handle
func (Catalog) PullHook(e brook.Event[PullHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	return shown(&e.Data.Delivery)
}

//brook:handle
func (Catalog) MilestoneHook(e brook.Event[MilestoneHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	return shown(&e.Data.Delivery)
}

//brook:handle
func (Catalog) ReleaseHook(e brook.Event[ReleaseHook]) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	return shown(&e.Data.Delivery)
}

//brook:handle
func (Catalog) LabelHook(e brook.Event[LabelHook]) (repo brook.Change[RepoID, Repository], org brook.Change[OrgID, Organization]) {
	if !e.Data.applies() {
		return repo, org
	}
	return showing(e.Data.Repository), organization(&e.Data.Origin)
}

//brook:handle
func (Catalog) MemberHook(e brook.Event[MemberHook]) (repo brook.Change[RepoID, Repository], org brook.Change[OrgID, Organization], member brook.Change[MemberKey, Collaborator]) {
	if !e.Data.applies() {
		return repo, org, member
	}
	repo, org = shown(&e.Data.Delivery)
	key := MemberKey{repo.Key(), UserID(e.Data.Member.ID)}
	if e.Data.Action == "removed" {
		return repo, org, brook.Delete[Collaborator](key)
	}
	return repo, org, brook.Merge(key, func(c *Collaborator) {
		c.Login = Login(e.Data.Member.Login)
		for _, was := range []*webhook.Was{e.Data.Changes.Permission, e.Data.Changes.RoleName} {
			if was != nil && was.To != nil {
				c.Permission = *was.To
			}
		}
	})
}

// RepositoryHook refreshes the repository. With a deleted one goes all that this set has of it.
//
//brook:handle
func (Catalog) RepositoryHook(e brook.Event[RepositoryHook], refs brook.View[RefKey, Ref], members brook.View[MemberKey, Collaborator], stars brook.View[StarKey, Star]) (
	repo brook.Change[RepoID, Repository], org brook.Change[OrgID, Organization],
	gone []brook.Change[RefKey, Ref], left []brook.Change[MemberKey, Collaborator],
	faded []brook.Change[StarKey, Star], err error) {
	repo, org = shown(&e.Data.Delivery)
	if e.Data.Action != "deleted" {
		return repo, org, nil, nil, nil, nil
	}
	id := repo.Key()
	if gone, err = deleteUnder(refs, RefKey{Repo: id}, 1); err != nil {
		return repo, org, nil, nil, nil, err
	}
	if left, err = deleteUnder(members, MemberKey{Repo: id}, 1); err != nil {
		return repo, org, nil, nil, nil, err
	}
	faded, err = deleteUnder(stars, StarKey{Repo: id}, 1)
	return brook.Delete[Repository](id), org, gone, left, faded, err
}

//brook:handle
func (Catalog) StarHook(e brook.Event[StarHook]) (repo brook.Change[RepoID, Repository], org brook.Change[OrgID, Organization], star brook.Change[StarKey, Star]) {
	if !e.Data.applies() {
		return repo, org, star
	}
	repo, org = shown(&e.Data.Delivery)
	key := StarKey{repo.Key(), UserID(e.Data.Sender.ID)}
	if e.Data.Action == "deleted" {
		return repo, org, brook.Delete[Star](key)
	}
	return repo, org, brook.Create(key, Star{User: key.User, At: e.Data.StarredAt})
}

// shown gives what every delivery does: it shows its repository, and its organization where it has
// one.
func shown(d *webhook.Delivery) (brook.Change[RepoID, Repository], brook.Change[OrgID, Organization]) {
	return showing(&d.Repository), organization(&d.Origin)
}

func showing(p *webhook.Repository) brook.Change[RepoID, Repository] {
	return brook.Merge(RepoID(p.ID), func(r *Repository) { r.show(p) })
}

func organization(o *webhook.Origin) (change brook.Change[OrgID, Organization]) {
	if o.Organization == nil || o.Organization.ID == 0 {
		return change
	}
	id := OrgID(o.Organization.ID)
	return brook.Create(id, Organization{ID: id, Login: Login(o.Organization.Login),
		Description: text(o.Organization.Description)})
}

// deleteUnder deletes all whose key has the same first n fields.
func deleteUnder[K comparable, V any](view brook.View[K, V], key K,
	n int) ([]brook.Change[K, V], error) {
	var changes []brook.Change[K, V]
	for entry, err := range view.Prefix(key, n) {
		if err != nil {
			return nil, err
		}
		changes = append(changes, brook.Delete[V](entry.Key))
	}
	return changes, nil
}
