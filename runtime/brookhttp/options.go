package brookhttp

import (
	"log/slog"
	"net/http"
)

// Options are what an inspector is made with.
type Options struct {
	// Allow returns nil if the request may see or do what the action says, and an error if not,
	// whose text is shown. It is called before anything else, several times for a page, by several
	// goroutines. A nil Allow refuses all.
	Allow func(*http.Request, Action) error
	// Challenge is the WWW-Authenticate header of an answer to who is not authenticated, see
	// [ErrUnauthenticated]; "": Basic realm="brook".
	Challenge string
	// Log gets a line of each action that changes something, with the address and, if the request
	// has it, the name of who wanted it; nil: slog.Default().
	Log *slog.Logger
}

// withDefaults returns the options with what they leave out.
func (o Options) withDefaults() Options {
	if o.Challenge == "" {
		o.Challenge = `Basic realm="brook", charset="UTF-8"`
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}
