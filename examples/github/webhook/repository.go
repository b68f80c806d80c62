package webhook

import "encoding/json"

// Repository is a repository as it stands when the delivery is sent. Some deliveries shorten it:
// see Full.
type Repository struct {
	ID            int64    `json:"id" brook:"required"`
	NodeID        string   `json:"node_id"`
	Name          string   `json:"name"`
	FullName      string   `json:"full_name"`
	Owner         *User    `json:"owner"`
	Private       bool     `json:"private"`
	Visibility    string   `json:"visibility,omitempty"`
	Description   *string  `json:"description"`
	Homepage      *string  `json:"homepage"`
	Language      *string  `json:"language"`
	License       *License `json:"license"`
	MirrorURL     *string  `json:"mirror_url"`
	DefaultBranch string   `json:"default_branch"`
	MasterBranch  string   `json:"master_branch,omitempty"` // the same, in pushes
	Topics        []string `json:"topics"`

	Fork       bool `json:"fork"`
	Archived   bool `json:"archived"`
	Disabled   bool `json:"disabled"`
	IsTemplate bool `json:"is_template"`

	HasIssues      bool `json:"has_issues"`
	HasProjects    bool `json:"has_projects"`
	HasDownloads   bool `json:"has_downloads"`
	HasWiki        bool `json:"has_wiki"`
	HasPages       bool `json:"has_pages"`
	HasDiscussions bool `json:"has_discussions,omitempty"`

	Size            int `json:"size"`
	StargazersCount int `json:"stargazers_count"`
	WatchersCount   int `json:"watchers_count"`
	ForksCount      int `json:"forks_count"`
	OpenIssuesCount int `json:"open_issues_count"`

	CreatedAt Timestamp `json:"created_at"`
	UpdatedAt Timestamp `json:"updated_at"`
	PushedAt  Timestamp `json:"pushed_at"`

	AllowForking             *bool           `json:"allow_forking,omitempty"`
	WebCommitSignoffRequired bool            `json:"web_commit_signoff_required,omitempty"`
	Organization             json.RawMessage `json:"organization,omitempty"` // a login in pushes, else an object
	Permissions              json.RawMessage `json:"permissions,omitempty"`
	CustomProperties         json.RawMessage `json:"custom_properties,omitempty"`

	RepositoryURLs
}

// RepositoryURLs is where more is to be had of a repository.
type RepositoryURLs struct {
	URL              string `json:"url,omitempty"`
	HTMLURL          string `json:"html_url,omitempty"`
	ArchiveURL       string `json:"archive_url,omitempty"`
	AssigneesURL     string `json:"assignees_url,omitempty"`
	BlobsURL         string `json:"blobs_url,omitempty"`
	BranchesURL      string `json:"branches_url,omitempty"`
	CloneURL         string `json:"clone_url,omitempty"`
	CollaboratorsURL string `json:"collaborators_url,omitempty"`
	CommentsURL      string `json:"comments_url,omitempty"`
	CommitsURL       string `json:"commits_url,omitempty"`
	CompareURL       string `json:"compare_url,omitempty"`
	ContentsURL      string `json:"contents_url,omitempty"`
	ContributorsURL  string `json:"contributors_url,omitempty"`
	DeploymentsURL   string `json:"deployments_url,omitempty"`
	DownloadsURL     string `json:"downloads_url,omitempty"`
	EventsURL        string `json:"events_url,omitempty"`
	ForksURL         string `json:"forks_url,omitempty"`
	GitCommitsURL    string `json:"git_commits_url,omitempty"`
	GitRefsURL       string `json:"git_refs_url,omitempty"`
	GitTagsURL       string `json:"git_tags_url,omitempty"`
	GitURL           string `json:"git_url,omitempty"`
	HooksURL         string `json:"hooks_url,omitempty"`
	IssueCommentURL  string `json:"issue_comment_url,omitempty"`
	IssueEventsURL   string `json:"issue_events_url,omitempty"`
	IssuesURL        string `json:"issues_url,omitempty"`
	KeysURL          string `json:"keys_url,omitempty"`
	LabelsURL        string `json:"labels_url,omitempty"`
	LanguagesURL     string `json:"languages_url,omitempty"`
	MergesURL        string `json:"merges_url,omitempty"`
	MilestonesURL    string `json:"milestones_url,omitempty"`
	NotificationsURL string `json:"notifications_url,omitempty"`
	PullsURL         string `json:"pulls_url,omitempty"`
	ReleasesURL      string `json:"releases_url,omitempty"`
	SSHURL           string `json:"ssh_url,omitempty"`
	StargazersURL    string `json:"stargazers_url,omitempty"`
	StatusesURL      string `json:"statuses_url,omitempty"`
	SubscribersURL   string `json:"subscribers_url,omitempty"`
	SubscriptionURL  string `json:"subscription_url,omitempty"`
	SVNURL           string `json:"svn_url,omitempty"`
	TagsURL          string `json:"tags_url,omitempty"`
	TeamsURL         string `json:"teams_url,omitempty"`
	TreesURL         string `json:"trees_url,omitempty"`
}

// Full reports whether r holds more than names: each full one has a default branch, also while it
// is empty.
func (r *Repository) Full() bool { return r.DefaultBranch != "" }
