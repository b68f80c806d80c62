package webhook

import "encoding/json"

// Issue is an issue, or a pull request seen as one: then PullRequest is set.
type Issue struct {
	ID                int64      `json:"id"`
	NodeID            string     `json:"node_id"`
	Number            int        `json:"number" brook:"required"`
	Title             string     `json:"title"`
	Body              *string    `json:"body"`
	User              *User      `json:"user"`
	AuthorAssociation string     `json:"author_association"`
	State             string     `json:"state"`
	StateReason       *string    `json:"state_reason,omitempty"`
	Type              *IssueType `json:"type,omitempty"`
	Labels            []Label    `json:"labels"`
	Assignee          *User      `json:"assignee"`
	Assignees         []User     `json:"assignees"`
	Milestone         *Milestone `json:"milestone"`
	Locked            bool       `json:"locked"`
	ActiveLockReason  *string    `json:"active_lock_reason,omitempty"`
	Draft             *bool      `json:"draft,omitempty"`
	Comments          int        `json:"comments"`
	Reactions         *Reactions `json:"reactions,omitempty"`
	CreatedAt         Timestamp  `json:"created_at"`
	UpdatedAt         Timestamp  `json:"updated_at"`
	ClosedAt          Timestamp  `json:"closed_at"`

	PullRequest *IssuePull      `json:"pull_request,omitempty"`
	App         json.RawMessage `json:"performed_via_github_app,omitempty"`

	URL           string `json:"url"`
	HTMLURL       string `json:"html_url"`
	RepositoryURL string `json:"repository_url"`
	LabelsURL     string `json:"labels_url"`
	CommentsURL   string `json:"comments_url"`
	EventsURL     string `json:"events_url"`
	TimelineURL   string `json:"timeline_url,omitempty"`
}

// IssueType is the type that an organization gave to an issue.
type IssueType struct {
	ID          int64   `json:"id"`
	NodeID      string  `json:"node_id"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Color       *string `json:"color"`
}

// IssuePull says that an issue is a pull request.
type IssuePull struct {
	URL      string    `json:"url"`
	HTMLURL  string    `json:"html_url"`
	DiffURL  string    `json:"diff_url"`
	PatchURL string    `json:"patch_url"`
	MergedAt Timestamp `json:"merged_at,omitzero"`
}
