package webhook

// Milestone is a milestone of a repository.
type Milestone struct {
	ID           int64     `json:"id"`
	NodeID       string    `json:"node_id"`
	Number       int       `json:"number" brook:"required"`
	Title        string    `json:"title"`
	Description  *string   `json:"description"`
	State        string    `json:"state"`
	Creator      *User     `json:"creator"`
	OpenIssues   int       `json:"open_issues"`
	ClosedIssues int       `json:"closed_issues"`
	CreatedAt    Timestamp `json:"created_at"`
	UpdatedAt    Timestamp `json:"updated_at"`
	ClosedAt     Timestamp `json:"closed_at"`
	DueOn        Timestamp `json:"due_on"`
	URL          string    `json:"url"`
	HTMLURL      string    `json:"html_url"`
	LabelsURL    string    `json:"labels_url"`
}
