package webhook

// User is an account: of a person, a bot or an organization. A field that holds one is null where
// the account was deleted. Name and Email come with pushes alone, where older deliveries leave all
// else out.
type User struct {
	ID        int64   `json:"id"`
	NodeID    string  `json:"node_id"`
	Login     string  `json:"login"`
	Name      *string `json:"name,omitempty"`
	Email     *string `json:"email,omitempty"`
	Type      string  `json:"type"`
	SiteAdmin bool    `json:"site_admin"`
	ViewType  string  `json:"user_view_type,omitempty"`
	UserURLs
}

// UserURLs is where more is to be had of an account.
type UserURLs struct {
	URL               string `json:"url,omitempty"`
	HTMLURL           string `json:"html_url,omitempty"`
	AvatarURL         string `json:"avatar_url,omitempty"`
	GravatarID        string `json:"gravatar_id"`
	FollowersURL      string `json:"followers_url,omitempty"`
	FollowingURL      string `json:"following_url,omitempty"`
	GistsURL          string `json:"gists_url,omitempty"`
	StarredURL        string `json:"starred_url,omitempty"`
	SubscriptionsURL  string `json:"subscriptions_url,omitempty"`
	OrganizationsURL  string `json:"organizations_url,omitempty"`
	ReposURL          string `json:"repos_url,omitempty"`
	EventsURL         string `json:"events_url,omitempty"`
	ReceivedEventsURL string `json:"received_events_url,omitempty"`
}

// Known reports whether u says who it is.
func (u *User) Known() bool { return u != nil && u.ID != 0 }

// Handle gives the login; older pushes have it as the name. It is "" for a deleted account.
func (u *User) Handle() string {
	switch {
	case u == nil:
		return ""
	case u.Login == "" && u.Name != nil:
		return *u.Name
	}
	return u.Login
}
