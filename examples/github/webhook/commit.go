package webhook

// Commit is a commit that was pushed.
type Commit struct {
	ID        string    `json:"id"`
	TreeID    string    `json:"tree_id"`
	Distinct  bool      `json:"distinct"`
	Message   string    `json:"message"`
	Timestamp Timestamp `json:"timestamp"`
	URL       string    `json:"url"`
	Author    *Identity `json:"author"`
	Committer *Identity `json:"committer"`
	Added     []string  `json:"added"`
	Removed   []string  `json:"removed"`
	Modified  []string  `json:"modified"`
}

// Identity is who git says somebody is. There is a user name where GitHub knows the address.
type Identity struct {
	Name     string  `json:"name"`
	Email    *string `json:"email"`
	Username string  `json:"username,omitempty"`
}
