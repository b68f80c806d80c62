package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/checkout"
)

var bold = regexp.MustCompile(`\*\*([^*]+)\*\*`)

// costs returns what the last column of each row says in bold, by what the first one says.
func costs(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(checkout.Root(t), changesPage))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	inside := false
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if inside = strings.HasPrefix(line, "| I want to") ||
			inside && strings.HasPrefix(line, "|"); !inside || len(cells) != 3 ||
			strings.HasPrefix(line, "| I want to") {
			continue
		}
		what := strings.TrimPrefix(cells[0], "| ")
		if _, ok := rows[what]; ok {
			t.Errorf("%s has two rows %q", changesPage, what)
		}
		rows[what] = []string{}
		for _, m := range bold.FindAllStringSubmatch(cells[2], -1) {
			rows[what] = append(rows[what], m[1])
		}
		if len(rows[what]) == 0 {
			t.Errorf("%s does not say in bold what it costs to %q", changesPage, what)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no table", changesPage)
	}
	return rows
}

// proves wants a test, as "folder TestName", to be there.
func proves(t *testing.T, what, name string) {
	t.Helper()
	folder, test, _ := strings.Cut(name, " ")
	files, err := filepath.Glob(filepath.Join(checkout.Root(t), filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\nfunc "+test+"(")) {
			return
		}
	}
	t.Errorf("%s: there is no %s in %s", what, test, folder)
}
