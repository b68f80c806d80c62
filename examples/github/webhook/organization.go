package webhook

// Organization is the organization that a hook or a repository belongs to.
type Organization struct {
	ID               int64   `json:"id"`
	NodeID           string  `json:"node_id"`
	Login            string  `json:"login"`
	Description      *string `json:"description"`
	URL              string  `json:"url"`
	HTMLURL          string  `json:"html_url,omitempty"`
	AvatarURL        string  `json:"avatar_url"`
	ReposURL         string  `json:"repos_url"`
	EventsURL        string  `json:"events_url"`
	HooksURL         string  `json:"hooks_url"`
	IssuesURL        string  `json:"issues_url"`
	MembersURL       string  `json:"members_url"`
	PublicMembersURL string  `json:"public_members_url"`
}
