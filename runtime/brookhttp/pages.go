package brookhttp

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

//go:embed pages
var sources embed.FS

// pages are the templates, each with the layout around it.
type pages map[string]*template.Template

// parsePages parses the templates.
func parsePages() pages {
	entries, err := sources.ReadDir("pages")
	if err != nil {
		panic(err) // they are in the program
	}
	shared := template.New("").Funcs(functions())
	template.Must(shared.ParseFS(sources, "pages/layout.html", "pages/parts.html"))
	all := pages{}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		if name == "layout" || name == "parts" {
			continue
		}
		page := template.Must(shared.Clone())
		all[name] = template.Must(page.ParseFS(sources, "pages/"+e.Name()))
	}
	return all
}

// frame is what the layout shows around a page.
type frame struct {
	Page   string // the name of its template
	Body   any
	Status *brook.Status
	Host   string
	Now    time.Time
	Every  int               // seconds between updates; 0: there are none
	May    map[string]bool   // the actions that the reader may do
	JSON   string            // the link to the page as JSON, "" if it has none
	Files  map[string]string // links to files
}

// updateSeconds is how often a page that is open is brought up to date.
const updateSeconds = 3

// writePage writes a page with the layout around it.
func (i *Inspection) writePage(
	w http.ResponseWriter, q *request, status int, name string, body any,
) {
	app := i.app.Status()
	f := frame{
		Page: name, Body: body, Status: &app, Host: i.host, Now: i.now(), Every: updateSeconds,
		May: map[string]bool{}, Files: map[string]string{},
	}
	for _, a := range actions {
		f.May[string(a)] = q.may(a)
	}
	for _, file := range i.files {
		f.Files[strings.TrimPrefix(path.Ext(file.name), ".")] = file.name + "?" + file.tag
	}
	if q.Method == http.MethodPost || status != http.StatusOK {
		f.Every = 0 // what was posted is not posted again, and an error stays one
	} else {
		f.JSON = name + ".json"
		if values := i.routes[name].taken(q.values); len(values) > 0 {
			f.JSON += "?" + values.Encode()
		}
	}
	i.pages.write(w, status, name, f)
}

// write writes a page, or that it can't be written.
func (p pages) write(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := p[name].ExecuteTemplate(&b, "layout", data); err != nil {
		http.Error(w, "the page can't be written: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(visible(b.Bytes())) // an error is the client's, who is gone
}

// writeJSON writes an answer as JSON.
func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		data, status = []byte(`{"error": "the answer can't be written as JSON"}`),
			http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(bytes.ToValidUTF8(data, []byte("\ufffd")), '\n'))
}
