package brookhttp_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// void are the elements that have no end.
var void = []string{"meta", "link", "input", "br"}

// acts are the pages that change something: no link and no form that is read leads to one.
var acts = []string{"dry-run", "redrive", "drop", "pause", "resume", "begin", "decide"}

// pageNames are all pages that links lead to.
var pageNames = append([]string{
	"./", "collections", "rows", "row", "letters", "letter", "jobs", "timers", "parked", "rebuild",
	"inspector.css", "inspector.js", "inspector.svg",
}, acts...)

// checkMarkup wants a page to be well formed, without any script or style of its own, with links
// that stay on the site, and with what people need who don't see it or have no mouse.
func checkMarkup(t *testing.T, name, page string) {
	t.Helper()
	c := &checker{t: t, name: name, ids: map[string]bool{}}
	if !utf8.ValidString(page) || strings.ContainsFunc(page, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x202e || r == 0x7f
	}) {
		c.errorf("it has characters that can't be shown")
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.Entity = false, xml.HTMLEntity
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.errorf("it is not well formed: %v", err)
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			c.start(token)
		case xml.EndElement:
			c.end(token.Name.Local)
		case xml.CharData:
			c.text(string(token))
		}
	}
	c.finish()
}

type checker struct {
	t        *testing.T
	name     string
	open     []string
	ids      map[string]bool
	labelled []string // IDs that labels are for
	fields   []string // IDs of fields that need a label
	said     string   // of the button or link that is open
	count    map[string]int
	method   string // of the form that is open
}

func (c *checker) errorf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: "+format, append([]any{c.name}, args...)...)
}

func (c *checker) start(e xml.StartElement) {
	tag := e.Name.Local
	attr := map[string]string{}
	for _, a := range e.Attr {
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		if _, ok := attr[key]; ok {
			c.errorf("<%s> has %s twice", tag, key)
		}
		attr[key] = a.Value
		if strings.HasPrefix(key, "on") || key == "style" || key == "srcdoc" {
			c.errorf("<%s> has %s=%q", tag, key, a.Value)
		}
	}
	if !slices.Contains(void, tag) {
		c.open = append(c.open, tag)
	}
	if c.count == nil {
		c.count = map[string]int{}
	}
	c.count[tag]++
	if id, ok := attr["id"]; ok {
		if c.ids[id] {
			c.errorf("two elements have the ID %q", id)
		}
		c.ids[id] = true
	}
	for _, key := range []string{"href", "src", "action", "formaction"} {
		if to, ok := attr[key]; ok {
			c.link(tag, key, to)
		}
	}
	_, named := attr["aria-label"]
	switch tag {
	case "form":
		c.method = attr["method"]
		if _, ok := attr["action"]; !ok {
			c.errorf("a form without an action")
		}
		if slices.Contains(acts, attr["action"]) && c.method != "post" {
			c.errorf("a form changes something by %q: %s", c.method, attr["action"])
		}
	case "button", "a":
		c.said = attr["aria-label"] + attr["id"]
	case "label":
		if id, ok := attr["for"]; ok {
			c.labelled = append(c.labelled, id)
		}
	case "input", "select":
		if attr["type"] != "hidden" && !named && !slices.Contains(c.open, "label") {
			c.fields = append(c.fields, attr["id"])
		}
	case "th":
		if _, ok := attr["scope"]; !ok {
			c.errorf("<th> without a scope")
		}
	case "html":
		if attr["lang"] == "" {
			c.errorf("the page does not say its language")
		}
	case "script":
		if attr["src"] == "" {
			c.errorf("a script of its own")
		}
	case "style", "iframe", "object", "embed", "base", "img":
		c.errorf("<%s>", tag)
	}
	if attr["role"] == "region" && (!named || attr["tabindex"] != "0") {
		c.errorf("a region that can't be reached by keyboard or has no name: %v", attr)
	}
}

// link wants links to lead to pages of the site, and those that are followed to change nothing.
func (c *checker) link(tag, key, to string) {
	if strings.HasPrefix(to, "#") {
		return
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Fragment != "" {
		c.errorf("<%s> has %s=%q", tag, key, to)
		return
	}
	at, _ := strings.CutSuffix(u.Path, ".json")
	if at == "overview" {
		at = "./"
	}
	if !slices.Contains(pageNames, at) {
		c.errorf("<%s> has %s=%q, which is no page", tag, key, to)
	}
	method := "get"
	if tag == "form" || key == "formaction" {
		method = c.method
	}
	if tag == "form" {
		return // its method is read after this
	}
	if slices.Contains(acts, at) && method != "post" {
		c.errorf("%s is asked for by %s", to, method)
	}
}

func (c *checker) text(s string) {
	c.said += strings.TrimSpace(s)
	if n := len(c.open); n > 0 && (c.open[n-1] == "script" || c.open[n-1] == "style") && s != "" {
		c.errorf("a script or style of its own: %q", s)
	}
}

func (c *checker) end(tag string) {
	n := len(c.open)
	if n == 0 || c.open[n-1] != tag {
		c.errorf("</%s> ends what is open: %v", tag, c.open)
		return
	}
	c.open = c.open[:n-1]
	if (tag == "button" || tag == "a") && c.said == "" {
		c.errorf("<%s> says nothing", tag)
	}
}

func (c *checker) finish() {
	if len(c.open) > 0 {
		c.errorf("never closed: %v", c.open)
	}
	for _, id := range c.fields {
		if !slices.Contains(c.labelled, id) {
			c.errorf("the field %q has no label", id)
		}
	}
	for _, id := range c.labelled {
		if !c.ids[id] {
			c.errorf("a label is for %q, which is not there", id)
		}
	}
	for _, tag := range []string{"main", "nav", "header", "footer", "h1", "title"} {
		want := 1
		if c.count[tag] != want && !(tag == "title" && c.count["svg"] > 0) {
			c.errorf("%d × <%s>", c.count[tag], tag)
		}
	}
	if c.count["table"] > 0 && c.count["th"] == 0 {
		c.errorf("a table without headers")
	}
}
