package load

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
)

// A tagPair is one key of a field's tag, with its value.
type tagPair struct{ key, value string }

// tagPairs reads a tag as reflect.StructTag does, which stops without a word at what it can't read.
// rest is that.
func tagPairs(tag string) (pairs []tagPair, rest string) {
	for {
		tag = strings.TrimLeft(tag, " ")
		key := tag
		if i := strings.IndexFunc(tag,
			func(r rune) bool { return r <= ' ' || r == ':' || r == '"' || r == 0x7f }); i >= 0 {
			key = tag[:i]
		}
		quoted := tag[len(key):]
		if key == "" || !strings.HasPrefix(quoted, `:"`) {
			return pairs, tag
		}
		quoted, err := strconv.QuotedPrefix(quoted[1:])
		if err != nil {
			return pairs, tag
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return pairs, tag
		}
		pairs = append(pairs, tagPair{key, value})
		tag = tag[len(key)+1+len(quoted):]
	}
}

const tagForm = "write `json:\"name\" brook:\"key\"`, with the colon and the quotes right behind each key, and blanks between"

// checkTagText says what is wrong with the text of a field's tag: what Go passes over in silence,
// and keys that are nearly brook or json. reached: the field is of a type that is written or read
// here.
func checkTagText(tag string, reached bool) string {
	pairs, rest := tagPairs(tag)
	if rest != "" && (reached || nearBrook(rest, "") ||
		strings.Contains(strings.ToLower(rest), "brook")) {
		return fmt.Sprintf("malformed tag, of which Go ignores %s: %s", shortened(rest), tagForm)
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		bare := strings.TrimFunc(p.key,
			func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		switch {
		case p.key == "brook" || p.key == "json":
			if seen[p.key] && (reached || p.key == "brook") {
				return fmt.Sprintf("%s stands twice in the tag, and Go ignores the second: join them, with a comma between", p.key)
			}
			seen[p.key] = true
		case bare == "brook" || bare == "json" && reached:
			return fmt.Sprintf("malformed tag, in which Go finds the key %s and no %s: %s", p.key,
				bare, tagForm)
		case nearBrook(p.key, p.value):
			return fmt.Sprintf("unknown tag key %s, which means nothing; did you mean brook:%q?",
				p.key, p.value)
		case reached && nearJSON(p.key) &&
			!slices.ContainsFunc(pairs, func(o tagPair) bool { return o.key == "json" }):
			return fmt.Sprintf("unknown tag key %s, which encoding/json ignores; did you mean json:%q?", p.key, p.value)
		}
	}
	if reached {
		return checkJSONOptions(reflect.StructTag(tag).Get("json"))
	}
	return ""
}

// nearBrook reports whether a key was probably meant as brook.
func nearBrook(key, value string) bool {
	lower := strings.ToLower(key)
	if strings.HasPrefix(lower, "brook") {
		return true
	}
	if spelling.Edits(lower, "brook") > 2 {
		return false
	}
	return slices.ContainsFunc(strings.Split(value, ","), func(w string) bool {
		w, _, _ = strings.Cut(w, "=")
		return spelling.Nearest(strings.TrimSpace(w), tagWords) != ""
	})
}

// notJSON are tag keys of others that are one letter from json.
var notJSON = []string{"bson", "cson", "gjson", "hjson", "json5", "jsonb", "jsonc", "jsonl",
	"rjson", "sjson", "ujson", "xjson"}

// nearJSON reports whether a key was probably meant as json.
func nearJSON(key string) bool {
	return spelling.Edits(strings.ToLower(key), "json") <= 1 && !slices.Contains(notJSON, key)
}

var jsonOptions = []string{"omitempty", "omitzero", "string"}

// checkJSONOptions reports options of a json tag that are nearly one that encoding/json knows.
func checkJSONOptions(value string) string {
	_, opts, _ := strings.Cut(value, ",")
	for o := range strings.SplitSeq(opts, ",") {
		if o == "" || slices.Contains(jsonOptions, o) {
			continue
		}
		for _, known := range jsonOptions {
			if spelling.Edits(strings.ToLower(strings.TrimSpace(o)), known) <= 2 {
				return fmt.Sprintf("unknown option %q in the json tag, which encoding/json ignores; did you mean %s?", o, known)
			}
		}
	}
	return ""
}

func shortened(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}
