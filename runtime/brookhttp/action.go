package brookhttp

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
)

// Action is what somebody wants to see or do in an inspector.
type Action string

// The actions. Each page says which of them it needs.
const (
	// ActionSee is to see what the app consists of, how far it is, how many rows and dead letters
	// there are, and what failed last, with the texts of errors.
	ActionSee Action = "see"
	// ActionRead is to read rows, events, dead letters, jobs and timers. What brook:"pii" marks is
	// masked.
	ActionRead Action = "read"
	// ActionRedrive is to redrive dead letters, and to see what that would do.
	ActionRedrive Action = "redrive"
	// ActionDrop is to drop dead letters.
	ActionDrop Action = "drop"
	// ActionPause is to pause the app, and to have it go on.
	ActionPause Action = "pause"
	// ActionRebuild is to rebuild the views, to preview that, and to promote what was rebuilt.
	ActionRebuild Action = "rebuild"
)

// actions are all actions.
var actions = []Action{
	ActionSee, ActionRead, ActionRedrive, ActionDrop, ActionPause, ActionRebuild,
}

// ErrUnauthenticated is wrapped by the error of an Allow function for a request that does not say
// who sends it. It is answered with status 401 and [Options.Challenge]; other errors with 403.
var ErrUnauthenticated = errors.New("say who you are")

// Password returns an Allow function that takes one user with a password by HTTP's basic
// authentication, and allows all actions. Options.Challenge has browsers ask for it. It is for
// connections that nobody reads: TLS, or this machine alone. If user or password is empty, it
// refuses all requests.
func Password(user, password string) func(*http.Request, Action) error {
	// Hashes are equally long, so that comparing them takes as long whatever is sent.
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	return func(r *http.Request, _ Action) error {
		gotUser, gotPassword, ok := r.BasicAuth()
		if user == "" || password == "" {
			return errors.New("no password is set")
		}
		u, p := sha256.Sum256([]byte(gotUser)), sha256.Sum256([]byte(gotPassword))
		same := subtle.ConstantTimeCompare(u[:], wantUser[:]) &
			subtle.ConstantTimeCompare(p[:], wantPassword[:])
		if !ok || same != 1 {
			return ErrUnauthenticated
		}
		return nil
	}
}
