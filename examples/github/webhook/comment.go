package webhook

import "encoding/json"

// Comment is a comment on an issue or on a pull request.
type Comment struct {
	ID                int64           `json:"id" brook:"required"`
	NodeID            string          `json:"node_id"`
	User              *User           `json:"user"`
	AuthorAssociation string          `json:"author_association"`
	Body              *string         `json:"body"`
	Reactions         *Reactions      `json:"reactions,omitempty"`
	CreatedAt         Timestamp       `json:"created_at"`
	UpdatedAt         Timestamp       `json:"updated_at"`
	App               json.RawMessage `json:"performed_via_github_app,omitempty"`
	URL               string          `json:"url"`
	HTMLURL           string          `json:"html_url"`
	IssueURL          string          `json:"issue_url"`
}
