package templates

import (
	"bytes"
	"go/format"
	"strings"
)

// grouped puts a file's imports in two groups, the standard library's first, as people do.
func grouped(source []byte) ([]byte, error) {
	begin := bytes.Index(source, []byte("\nimport (\n"))
	if begin < 0 {
		return source, nil
	}
	begin += len("\nimport (\n")
	end := begin + bytes.Index(source[begin:], []byte("\n)"))
	var std, others []string
	for line := range strings.SplitSeq(string(source[begin:end]), "\n") {
		_, path, _ := strings.Cut(line, `"`)
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	if len(std) == 0 || len(others) == 0 {
		return source, nil
	}
	lines := strings.Join(std, "\n") + "\n\n" + strings.Join(others, "\n")
	return format.Source([]byte(string(source[:begin]) + lines + string(source[end:])))
}
