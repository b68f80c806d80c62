package brook

import (
	"fmt"
	"strings"
)

const (
	contentTypeName  = "content-type"
	jsonContent      = "application/json"
	cloudEventsMedia = "application/cloudevents"
)

// structuredMode reports whether a content type says that the value of the record is a whole
// CloudEvent. The error is not nil if it is one in another format than JSON in UTF-8.
func structuredMode(content string) (bool, error) {
	media, _, _ := strings.Cut(content, ";")
	media = strings.TrimSpace(media)
	if len(media) < len(cloudEventsMedia) ||
		!strings.EqualFold(media[:len(cloudEventsMedia)], cloudEventsMedia) {
		return false, nil
	}
	switch format := strings.ToLower(media[len(cloudEventsMedia):]); {
	case format == "+json":
		if err := checkContent(content); err != nil {
			return true, fmt.Errorf("header content-type: %w", err)
		}
		return true, nil
	case strings.HasPrefix(format, "-batch"):
		return true, fmt.Errorf("header content-type: %q: "+
			"a record holds one CloudEvent, as its Kafka binding has no batches", content)
	}
	return true, fmt.Errorf("header content-type: %q: "+
		"of structured CloudEvents only application/cloudevents+json can be read", content)
}

// checkContent returns an error unless a content type is empty or that of JSON in UTF-8.
func checkContent(content string) error {
	if content == "" || content == jsonContent {
		return nil
	}
	media, parameters, _ := strings.Cut(strings.ToLower(content), ";")
	media = strings.TrimSpace(media)
	if !strings.HasSuffix(media, "/json") && !strings.HasSuffix(media, "+json") {
		return fmt.Errorf("%q: only JSON can be decoded", content)
	}
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.TrimSpace(name) != "charset" {
			continue
		}
		switch strings.Trim(value, " \t\"") {
		case "utf-8", "utf8", "us-ascii":
		default:
			return fmt.Errorf("%q: only JSON in UTF-8 can be decoded", content)
		}
	}
	return nil
}
