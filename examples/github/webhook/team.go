package webhook

import "encoding/json"

// Team is a team of an organization.
type Team struct {
	ID              int64           `json:"id"`
	NodeID          string          `json:"node_id"`
	Name            string          `json:"name"`
	Slug            string          `json:"slug"`
	Description     *string         `json:"description"`
	Privacy         string          `json:"privacy"`
	Permission      string          `json:"permission"`
	URL             string          `json:"url"`
	HTMLURL         string          `json:"html_url"`
	MembersURL      string          `json:"members_url"`
	RepositoriesURL string          `json:"repositories_url"`
	Parent          json.RawMessage `json:"parent,omitempty"`
}
