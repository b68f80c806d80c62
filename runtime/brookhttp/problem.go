package brookhttp

import (
	"context"
	"errors"
	"net/http"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/inspect"
)

// problem is why a request is not answered as it asks.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

var errNobody = errors.New("nobody is allowed: Options.Allow is not set")

// mistaken returns the problem of a request that asks for what can't be read.
func mistaken(text string) error { return problem{http.StatusBadRequest, text} }

// problemOf returns err with the status that says what kind of error it is.
func problemOf(err error) problem {
	if p, ok := errors.AsType[problem](err); ok {
		return p
	}
	p := problem{http.StatusInternalServerError, err.Error()}
	switch {
	case errors.Is(err, inspect.ErrUnknown), errors.Is(err, brook.ErrNotFound):
		p.status = http.StatusNotFound
	case errors.Is(err, inspect.ErrMistaken):
		p.status = http.StatusBadRequest
	case errors.Is(err, brook.ErrClosed), errors.Is(err, brook.ErrNotReady):
		p.status = http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		p.status = http.StatusGatewayTimeout
	}
	return p
}

// refuse answers a request that Allow refuses. It shows nothing of the app.
func (i *Inspection) refuse(w http.ResponseWriter, q *request, err error) {
	p := problem{http.StatusForbidden, err.Error()}
	if errors.Is(err, ErrUnauthenticated) {
		p.status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", i.options.Challenge)
	}
	if q.json {
		writeJSON(w, p.status, errorJSON{p.text})
		return
	}
	i.pages.write(w, p.status, "refused", refusal{p.status, http.StatusText(p.status), p.text})
}

// refusal is what the page for a refused request shows.
type refusal struct {
	Status int
	Name   string
	Text   string
}

// errorJSON is the body of an answer that is an error.
type errorJSON struct {
	Error string `json:"error"`
}

// fail answers a request that is allowed and can't be answered as it asks.
func (i *Inspection) fail(w http.ResponseWriter, q *request, p problem) {
	if q.json {
		writeJSON(w, p.status, errorJSON{p.text})
		return
	}
	i.writePage(w, q, p.status, "problem", refusal{p.status, http.StatusText(p.status), p.text})
}
