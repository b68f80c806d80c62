package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// CreateHook says that a branch or a tag was made.
//
//brook:event github.create key=Repository.ID history=off
type CreateHook struct {
	Ref          *string `json:"ref"` // null for the repository itself, in old deliveries
	RefType      string  `json:"ref_type"`
	MasterBranch string  `json:"master_branch"`
	Description  *string `json:"description"`
	PusherType   string  `json:"pusher_type"`
	webhook.Delivery
}

// DeleteHook says that a branch or a tag was deleted.
//
//brook:event github.delete key=Repository.ID history=off
type DeleteHook struct {
	Ref        *string `json:"ref"`
	RefType    string  `json:"ref_type"`
	PusherType string  `json:"pusher_type"`
	webhook.Delivery
}

// ForkHook says that a repository was forked.
//
//brook:event github.fork key=Repository.ID history=off
type ForkHook struct {
	Forkee webhook.Repository `json:"forkee" brook:"required"`
	webhook.Delivery
}

// IssueHook tells of an issue.
//
//brook:event github.issues key=Repository.ID
type IssueHook struct {
	Issue     webhook.Issue      `json:"issue" brook:"required"`
	Assignee  *webhook.User      `json:"assignee,omitempty"`
	Label     *webhook.Label     `json:"label,omitempty"`
	Milestone *webhook.Milestone `json:"milestone,omitempty"`
	Type      *webhook.IssueType `json:"type,omitempty"`
	Changes   IssueChanges       `json:"changes,omitzero"`
	webhook.Delivery
}

// IssueChanges says what an edit changed, and where a transfer led to or came from.
type IssueChanges struct {
	Title         *webhook.Was        `json:"title,omitempty"`
	Body          *webhook.Was        `json:"body,omitempty"`
	NewIssue      *webhook.Issue      `json:"new_issue,omitempty"`
	NewRepository *webhook.Repository `json:"new_repository,omitempty"`
	OldIssue      *webhook.Issue      `json:"old_issue,omitempty"`
	OldRepository *webhook.Repository `json:"old_repository,omitempty"`
}

// CommentHook tells of a comment on an issue or a pull request.
//
//brook:event github.issue_comment key=Repository.ID
type CommentHook struct {
	Issue   webhook.Issue   `json:"issue" brook:"required"`
	Comment webhook.Comment `json:"comment" brook:"required"`
	Changes CommentChanges  `json:"changes,omitzero"`
	webhook.Delivery
}

// CommentChanges says what an edit changed.
type CommentChanges struct {
	Body *webhook.Was `json:"body,omitempty"`
}

// PullHook tells of a pull request.
//
//brook:event github.pull_request key=Repository.ID
type PullHook struct {
	PullRequest       webhook.PullRequest `json:"pull_request" brook:"required"`
	Assignee          *webhook.User       `json:"assignee,omitempty"`
	Label             *webhook.Label      `json:"label,omitempty"`
	Milestone         *webhook.Milestone  `json:"milestone,omitempty"`
	RequestedReviewer *webhook.User       `json:"requested_reviewer,omitempty"`
	RequestedTeam     *webhook.Team       `json:"requested_team,omitempty"`
	Before            string              `json:"before,omitempty"`
	After             string              `json:"after,omitempty"`
	Reason            string              `json:"reason,omitempty"` // why it left the merge queue
	Changes           PullChanges         `json:"changes,omitzero"`
	webhook.Delivery
}

// PullChanges says what an edit changed.
type PullChanges struct {
	Title *webhook.Was `json:"title,omitempty"`
	Body  *webhook.Was `json:"body,omitempty"`
	Base  *BaseChange  `json:"base,omitempty"`
}

// BaseChange says what a pull request was to be merged into before.
type BaseChange struct {
	Ref webhook.Was `json:"ref"`
	SHA webhook.Was `json:"sha"`
}

// PushHook says that a ref was moved, made or deleted.
//
//brook:event github.push key=Repository.ID history=off
type PushHook struct {
	Ref        string            `json:"ref" brook:"required"`
	Before     string            `json:"before"`
	After      string            `json:"after"`
	Created    bool              `json:"created"`
	Deleted    bool              `json:"deleted"`
	Forced     bool              `json:"forced"`
	BaseRef    *string           `json:"base_ref"`
	Compare    string            `json:"compare"`
	Commits    []webhook.Commit  `json:"commits"`
	HeadCommit *webhook.Commit   `json:"head_commit"`
	Pusher     *webhook.Identity `json:"pusher"`
	webhook.Delivery
}

// LabelHook tells of a label.
//
//brook:event github.label key=Repository.ID history=off
type LabelHook struct {
	Action     string              `json:"action"`
	Label      webhook.Label       `json:"label" brook:"required"`
	Changes    LabelChanges        `json:"changes,omitzero"`
	Repository *webhook.Repository `json:"repository,omitempty"`
	webhook.Origin
}

// LabelChanges says what an edit changed.
type LabelChanges struct {
	Name        *webhook.Was `json:"name,omitempty"`
	Color       *webhook.Was `json:"color,omitempty"`
	Description *webhook.Was `json:"description,omitempty"`
}

// MilestoneHook tells of a milestone.
//
//brook:event github.milestone key=Repository.ID history=off
type MilestoneHook struct {
	Milestone webhook.Milestone `json:"milestone" brook:"required"`
	webhook.Delivery
}

// ReleaseHook tells of a release.
//
//brook:event github.release key=Repository.ID
type ReleaseHook struct {
	Release webhook.Release `json:"release" brook:"required"`
	Changes ReleaseChanges  `json:"changes,omitzero"`
	webhook.Delivery
}

// ReleaseChanges says what an edit changed.
type ReleaseChanges struct {
	Name *webhook.Was `json:"name,omitempty"`
	Body *webhook.Was `json:"body,omitempty"`
}

// MemberHook tells of a collaborator of a repository.
//
//brook:event github.member key=Repository.ID history=off
type MemberHook struct {
	Member  *webhook.User `json:"member"`
	Changes MemberChanges `json:"changes,omitzero"`
	webhook.Delivery
}

// MemberChanges says what a collaborator may do now, or could before.
type MemberChanges struct {
	Permission    *webhook.Was `json:"permission,omitempty"`
	RoleName      *webhook.Was `json:"role_name,omitempty"`
	OldPermission *webhook.Was `json:"old_permission,omitempty"`
}

// RepositoryHook tells of a repository itself.
//
//brook:event github.repository key=Repository.ID history=off
type RepositoryHook struct {
	Changes RepositoryChanges `json:"changes,omitzero"`
	webhook.Delivery
}

// RepositoryChanges says what a repository was before.
type RepositoryChanges struct {
	Repository    *NameChange  `json:"repository,omitempty"`
	Owner         *OwnerChange `json:"owner,omitempty"`
	Description   *webhook.Was `json:"description,omitempty"`
	Homepage      *webhook.Was `json:"homepage,omitempty"`
	DefaultBranch *webhook.Was `json:"default_branch,omitempty"`
}

// NameChange says what a repository was called.
type NameChange struct {
	Name webhook.Was `json:"name"`
}

// OwnerChange says who owned a repository: one of the two.
type OwnerChange struct {
	From struct {
		User         *webhook.User         `json:"user,omitempty"`
		Organization *webhook.Organization `json:"organization,omitempty"`
	} `json:"from"`
}

// StarHook says that the sender starred a repository, or took the star back.
//
//brook:event github.star key=Repository.ID history=off
type StarHook struct {
	StarredAt webhook.Timestamp `json:"starred_at"`
	webhook.Delivery
}

// WatchHook is the older name of a star; see the package's comment.
//
//brook:event github.watch discard
type WatchHook struct {
	webhook.Delivery
}
