package webhook

// Branch is one side of a pull request. User and Repo are null where the account or the fork is
// gone.
type Branch struct {
	Label string      `json:"label"`
	Ref   string      `json:"ref"`
	SHA   string      `json:"sha"`
	User  *User       `json:"user"`
	Repo  *Repository `json:"repo"`
}
