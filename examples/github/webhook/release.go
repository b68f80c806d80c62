package webhook

// Release is a release of a repository; a draft has no time of publishing.
type Release struct {
	ID              int64      `json:"id" brook:"required"`
	NodeID          string     `json:"node_id"`
	TagName         string     `json:"tag_name"`
	TargetCommitish string     `json:"target_commitish"`
	Name            *string    `json:"name"`
	Body            *string    `json:"body"`
	Draft           bool       `json:"draft"`
	Prerelease      bool       `json:"prerelease"`
	Author          *User      `json:"author"`
	Assets          []Asset    `json:"assets"`
	Reactions       *Reactions `json:"reactions,omitempty"`
	CreatedAt       Timestamp  `json:"created_at"`
	PublishedAt     Timestamp  `json:"published_at"`
	URL             string     `json:"url"`
	HTMLURL         string     `json:"html_url"`
	AssetsURL       string     `json:"assets_url"`
	UploadURL       string     `json:"upload_url"`
	TarballURL      *string    `json:"tarball_url"`
	ZipballURL      *string    `json:"zipball_url"`
	DiscussionURL   string     `json:"discussion_url,omitempty"`
}

// Asset is a file of a release.
type Asset struct {
	ID            int64     `json:"id"`
	NodeID        string    `json:"node_id"`
	Name          string    `json:"name"`
	Label         *string   `json:"label"`
	State         string    `json:"state"`
	ContentType   string    `json:"content_type"`
	Size          int64     `json:"size"`
	DownloadCount int       `json:"download_count"`
	Uploader      *User     `json:"uploader"`
	CreatedAt     Timestamp `json:"created_at"`
	UpdatedAt     Timestamp `json:"updated_at"`
	URL           string    `json:"url"`
	DownloadURL   string    `json:"browser_download_url"`
}
