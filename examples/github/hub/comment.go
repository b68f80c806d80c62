package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// CommentKey is the key of a comment: it begins with what it is a comment on.
type CommentKey struct {
	Repo    RepoID
	Number  int
	Comment int64
}

// Comment is a comment on an issue or a pull request.
//
//brook:collection comments key=CommentKey history=off
type Comment struct {
	Author  UserID `brook:"index"`
	Body    string
	Created webhook.Timestamp
	Updated webhook.Timestamp
}
