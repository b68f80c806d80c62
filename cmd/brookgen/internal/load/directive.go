package load

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/brookgen/brookgen/templates/model"
)

const directivePrefix = "//brook:"

// The directives.
const (
	verbEvent      = "event"
	verbCollection = "collection"
	verbHandle     = "handle"
	verbUpcast     = "upcast"
	verbSet        = "set"
	verbJob        = "job"
	verbWork       = "work"
)

var verbs = []string{verbEvent, verbCollection, verbHandle, verbUpcast, verbSet, verbJob,
	verbWork}

// A directive is one //brook: comment.
type directive struct {
	verb    string
	name    string
	nameOff int
	opts    map[string]option
}

// An option is one word after the name, split at its equals sign.
type option struct {
	name, value string
	off, end    int // in the comment
}

// A problem is what is wrong with (part of) a comment.
type problem struct {
	off, end int
	message  string
}

// The options of each directive, as they are written in messages; a trailing = asks for a value.
var options = map[string][]string{
	verbEvent: {"key=", "topic=", "history=", "publish", "discard", "go=",
		"was=", "version=", "when="},
	verbCollection: {"key=", "history=", "go="},
	verbHandle:     {"partitioned"},
	verbUpcast:     {},
	verbSet:        {"closed", "ignore="},
	verbJob:        {"key=", "go=", "was=", "version="},
	verbWork:       {},
}

// nearly matches comments that were meant as directives: // brook:event, //Brook:event, //brook
// event, //brook: event, /* brook:event */.
var nearly = regexp.MustCompile(`^(?:(//|/\*)[ \t]*([bB]rook:)[ \t]*|(//)([bB]rook[ \t]+|[bB]rook))(event|collection|handle|upcast|set|job|work)(?:[ \t*]|$)`)

// isSpaced reports whether a comment was meant as a directive, but is not quite one.
func isSpaced(text string) bool {
	m := nearly.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	return !strings.HasPrefix(text, directivePrefix+m[5])
}

// plainForm says how such a comment is written.
func plainForm(text string) string {
	m := nearly.FindStringSubmatch(text)
	rest := strings.TrimSpace(strings.TrimSuffix(text[strings.Index(text, m[5])+len(m[5]):], "*/"))
	right := strings.TrimSpace(directivePrefix + m[5] + " " + rest)
	if strings.HasPrefix(text, "//") && strings.TrimLeft(text[2:], " \t") == right[2:] {
		return "a directive has no blank after //: write " + right
	}
	return "this is not quite a directive: write " + right
}

// parseDirective reads a comment that begins with //brook:. It gives what it could make out
// of it, together with everything that is wrong.
func parseDirective(text string) (directive, []problem) {
	words := split(text)
	d := directive{verb: strings.TrimPrefix(words[0].name, directivePrefix),
		opts: map[string]option{}}
	var problems []problem
	report := func(w option, format string, args ...any) {
		problems = append(problems, problem{w.off, w.end, fmt.Sprintf(format, args...)})
	}
	rest := words[1:]
	switch d.verb {
	case verbEvent, verbCollection, verbJob:
		name, others, problem := nameAmong(d.verb, rest)
		switch {
		case problem != "" && len(rest) == 0:
			report(words[0], "%s", problem)
		case problem != "":
			report(rest[0], "%s", problem)
		}
		if name != nil {
			d.name, d.nameOff = name.name, name.off
			if p := checkName(name.name, ""); p != "" {
				report(*name, "%s", p)
			}
		}
		d.options(others, report)
	case verbHandle, verbUpcast, verbSet, verbWork:
		d.options(rest, report)
	case "view", "views", "table", "projection", "row", "model", "entity", "state":
		report(words[0], "unknown directive %s: write //brook:collection NAME above the type of a view's rows", words[0].name)
	default:
		report(words[0], "unknown directive %s%s", words[0].name,
			orOneOf(d.verb, verbs, directivePrefix, "the directives are",
				[]string{"//brook:event", "//brook:collection", "//brook:handle", "//brook:upcast",
					"//brook:set", "//brook:job", "//brook:work"}))
	}
	return d, problems
}

// options reads the words behind the name.
func (d *directive) options(words []option, report func(w option, format string, args ...any)) {
	for _, w := range words {
		if strings.HasPrefix(w.name, "//") {
			report(w, "a directive takes no comment: put it on a line of its own")
			break
		}
		o := w
		o.name, o.value, _ = strings.Cut(w.name, "=")
		if o.name == "" {
			report(w, "an option and its value have no blanks between: write option=value")
			break
		}
		if p := checkOption(d.verb, w.name, o); p != "" {
			report(w, "%s", p)
			continue
		}
		if first, twice := d.opts[o.name]; twice {
			if o.name == "was" {
				report(w, "option was is given twice: write was=%s,%s", first.value, o.value)
			} else {
				report(w, "option %s is given twice: keep one", o.name)
			}
			continue
		}
		d.opts[o.name] = o
	}
}

// split cuts a comment at blanks. There is always a first word.
func split(text string) []option {
	var words []option
	start := -1
	for i, r := range text + " " {
		switch blank := unicode.IsSpace(r); {
		case blank && start >= 0:
			words = append(words, option{name: text[start:i], off: start, end: i})
			start = -1
		case !blank && start < 0:
			start = i
		}
	}
	if len(words) == 0 {
		words = []option{{}}
	}
	return words
}

// isOption reports whether a word that stands where a name should is an option with its value.
func isOption(verb, word string) bool {
	name, _, ok := strings.Cut(word, "=")
	if !ok {
		return false
	}
	for _, o := range options[verb] {
		if o == name+"=" {
			return true
		}
	}
	return false
}

// checkOption says what is wrong with an option, if anything.
func checkOption(verb, word string, o option) string {
	hasValue := word != o.name
	for _, known := range options[verb] {
		name, wants := strings.CutSuffix(known, "=")
		if name != o.name {
			continue
		}
		switch {
		case wants && o.value == "":
			return fmt.Sprintf("option %s needs a value, with no blank before it: %s", name,
				values(verb, name))
		case !wants && hasValue:
			return fmt.Sprintf("option %s takes no value: write %s alone", name, name)
		}
		return checkValue(verb, o)
	}
	if len(options[verb]) == 0 {
		return fmt.Sprintf("//brook:%s takes neither a name nor options: write //brook:%s alone",
			verb, verb)
	}
	names := make([]string, len(options[verb]))
	for i, known := range options[verb] {
		names[i] = strings.TrimSuffix(known, "=")
	}
	return fmt.Sprintf("unknown option %s of //brook:%s%s", o.name, verb,
		orOneOf(o.name, names, "", "the options are", options[verb]))
}

// values shows an option with what it takes.
func values(verb, name string) string {
	switch {
	case name == "history" && verb == verbCollection:
		return "history=on or history=off"
	case name == "history":
		return "history=N, history=all or history=off"
	case name == "key":
		return "key=Field"
	case name == "was":
		return "was=NAME, or was=A,B"
	case name == "ignore":
		return "ignore=NAME, or ignore=A,B"
	case name == "version":
		return "version=2"
	case name == "when":
		return "when=MEMBER"
	}
	return name + "=Name"
}

func checkValue(verb string, o option) string {
	switch o.name {
	case "topic":
		return checkName(o.value, "topic=")
	case "when":
		return checkName(o.value, "when=")
	case "was":
		return checkNames("was=", o.value)
	case "ignore":
		return checkNames("ignore=", o.value)
	case "version":
		if _, ok := versionOf(o.value); !ok {
			return fmt.Sprintf("version=%s: write a number from 1", o.value)
		}
	case "key":
		if slices.Contains(strings.Split(o.value, ","), "") {
			return fmt.Sprintf("key=%s: a name is missing beside a comma", o.value)
		}
	case "history":
		if verb == verbCollection {
			if o.value != "on" && o.value != "off" {
				return fmt.Sprintf("history=%s of a collection: write on or off", o.value)
			}
			return ""
		}
		if _, ok := historyOf(o.value); !ok {
			return fmt.Sprintf("history=%s of an event: write a number from 1, all or off", o.value)
		}
	case "go":
		if !token.IsIdentifier(o.value) || !startsUpper(o.value) {
			return fmt.Sprintf("go=%s: write a Go identifier that begins with an upper-case letter",
				o.value)
		}
	}
	return ""
}

// checkNames says what is wrong with the names of events that an option lists.
func checkNames(option, value string) string {
	names := strings.Split(value, ",")
	for i, name := range names {
		if name == "" {
			return fmt.Sprintf("%s%s: a name is missing beside a comma", option, value)
		}
		if p := checkName(name, option); p != "" {
			if strings.HasPrefix(name, option) { // as it is in the tags of fields
				return fmt.Sprintf("%s%s: several names stand behind one %s: write %s%s", option, value,
					option, option, strings.ReplaceAll(value, option, ""))
			}
			return p
		}
		if slices.Contains(names[:i], name) {
			return fmt.Sprintf("%s%s names %s twice: keep one", option, value, name)
		}
	}
	return ""
}

// versionOf reads the number of a version: digits that do not begin with 0.
func versionOf(value string) (int, bool) {
	n, err := strconv.ParseUint(value, 10, 31)
	return int(n), err == nil && value[0] != '0' && value[0] != '+'
}

func historyOf(value string) (int, bool) {
	switch value {
	case "all":
		return model.HistoryAll, true
	case "off":
		return model.HistoryOff, true
	}
	n, err := strconv.ParseUint(value, 10, 31)
	return int(n), err == nil && n > 0
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}
