package brookhttp

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/brookgen/brookgen/runtime/inspect"
)

// request is a request for a page or its JSON.
type request struct {
	*http.Request
	inspection *Inspection
	json       bool       // what is asked for is JSON
	values     url.Values // of the query, or of a body that is a form
	body       []byte     // a body that is JSON
}

// largestBody is how many bytes of a body are read.
const largestBody = 1 << 20

// read reads what the request asks for: the query of a GET, the form or JSON of a POST.
func (q *request) read(w http.ResponseWriter) error {
	if q.Method != http.MethodPost {
		values, err := url.ParseQuery(q.URL.RawQuery)
		if err != nil {
			return mistaken("the query can't be read: " + err.Error())
		}
		q.values = values
		return nil
	}
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	want := "application/x-www-form-urlencoded"
	if q.json {
		want = "application/json"
	}
	if err != nil || kind != want {
		return problem{http.StatusUnsupportedMediaType,
			"the body has to be " + want + ", and the header Content-Type has to say so"}
	}
	q.body, err = io.ReadAll(http.MaxBytesReader(w, q.Body, largestBody))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem{http.StatusRequestEntityTooLarge,
			"the body has more than " + strconv.FormatInt(large.Limit, 10) + " bytes"}
	}
	if err != nil {
		return mistaken("the body can't be read: " + err.Error())
	}
	if !q.json {
		if q.values, err = url.ParseQuery(string(q.body)); err != nil {
			return mistaken("the form can't be read: " + err.Error())
		}
	}
	return nil
}

// decode reads a body that is JSON. A member that v does not have is an error: it is mistyped.
func (q *request) decode(v any) error {
	decoder := json.NewDecoder(strings.NewReader(string(q.body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return mistaken("the body can't be read: " + err.Error())
	}
	if _, err := decoder.Token(); err != io.EOF {
		return mistaken("the body can't be read: something follows its JSON value")
	}
	return nil
}

// get returns a value of the query or form, "" if it has none.
func (q *request) get(name string) string { return q.values.Get(name) }

// optional returns a value of the query or form, nil if it has none.
func (q *request) optional(name string) *string {
	if !q.values.Has(name) {
		return nil
	}
	return new(q.values.Get(name))
}

// may reports whether the request may do what the action says.
func (q *request) may(a Action) bool { return q.inspection.allow(q.Request, a) == nil }

// page returns the part of a list that the request asks for.
func (q *request) page() (inspect.Page, error) {
	p := inspect.Page{After: q.get("after"), Reverse: q.get("order") == "newest"}
	if text := q.get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > inspect.MaxLimit {
			return p, mistaken("limit has to be a number from 1 to " +
				strconv.Itoa(inspect.MaxLimit))
		}
		p.Limit = n
	}
	return p, nil
}

// record writes to the log who did what, and what came of it.
func (q *request) record(did string, err error, args ...any) {
	args = append(args, "did", did, "address", q.RemoteAddr)
	if user, _, _ := q.BasicAuth(); user != "" {
		args = append(args, "user", user)
	}
	if err != nil {
		args = append(args, "error", err)
	}
	log := q.inspection.options.Log
	log.InfoContext(q.Context(), "brook: somebody acted in the inspector", args...)
}
