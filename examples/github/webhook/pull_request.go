package webhook

// PullRequest is a pull request. Its number is taken from its repository's issue numbers.
type PullRequest struct {
	ID                 int64      `json:"id"`
	NodeID             string     `json:"node_id"`
	Number             int        `json:"number" brook:"required"`
	Title              string     `json:"title"`
	Body               *string    `json:"body"`
	User               *User      `json:"user"`
	AuthorAssociation  string     `json:"author_association"`
	State              string     `json:"state"`
	Draft              bool       `json:"draft"`
	Locked             bool       `json:"locked"`
	ActiveLockReason   *string    `json:"active_lock_reason"`
	Labels             []Label    `json:"labels"`
	Assignee           *User      `json:"assignee"`
	Assignees          []User     `json:"assignees"`
	RequestedReviewers []User     `json:"requested_reviewers"` // a team among them has no login
	RequestedTeams     []Team     `json:"requested_teams"`
	Milestone          *Milestone `json:"milestone"`
	Head               Branch     `json:"head"`
	Base               Branch     `json:"base"`
	AutoMerge          *AutoMerge `json:"auto_merge"`

	Merged              *bool   `json:"merged"`
	MergedBy            *User   `json:"merged_by"`
	MergeCommitSHA      *string `json:"merge_commit_sha"`
	Mergeable           *bool   `json:"mergeable"` // null while GitHub tries it
	MergeableState      string  `json:"mergeable_state"`
	Rebaseable          *bool   `json:"rebaseable"`
	MaintainerCanModify bool    `json:"maintainer_can_modify"`

	Comments       int `json:"comments"`
	ReviewComments int `json:"review_comments"`
	Commits        int `json:"commits"`
	Additions      int `json:"additions"`
	Deletions      int `json:"deletions"`
	ChangedFiles   int `json:"changed_files"`

	CreatedAt Timestamp `json:"created_at"`
	UpdatedAt Timestamp `json:"updated_at"`
	ClosedAt  Timestamp `json:"closed_at"`
	MergedAt  Timestamp `json:"merged_at"`

	URL               string          `json:"url"`
	HTMLURL           string          `json:"html_url"`
	DiffURL           string          `json:"diff_url"`
	PatchURL          string          `json:"patch_url"`
	IssueURL          string          `json:"issue_url"`
	CommitsURL        string          `json:"commits_url"`
	ReviewCommentsURL string          `json:"review_comments_url"`
	ReviewCommentURL  string          `json:"review_comment_url"`
	CommentsURL       string          `json:"comments_url"`
	StatusesURL       string          `json:"statuses_url"`
	Links             map[string]Link `json:"_links,omitempty"`
}

// Link is one of the places that belong to a pull request.
type Link struct {
	Href string `json:"href"`
}

// AutoMerge says that a pull request will be merged as soon as it may.
type AutoMerge struct {
	EnabledBy     *User   `json:"enabled_by"`
	MergeMethod   string  `json:"merge_method"`
	CommitTitle   *string `json:"commit_title"`
	CommitMessage *string `json:"commit_message"`
}
