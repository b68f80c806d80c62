package brookgen_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/brookgen/brookgen/internal/checkout"
)

// allowed are the licences of modules that a program with brook may contain, by their SPDX names.
// MPL-2.0 asks for nothing but the source of its own files, which the module proxy has.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

// licences are texts by which a licence is recognized, without line breaks and in lower case.
var licences = map[string]*regexp.Regexp{
	"Apache-2.0":   regexp.MustCompile(`apache license,? version 2\.0`),
	"MIT":          regexp.MustCompile(`permission is hereby granted, free of charge, to any person obtaining a copy`),
	"ISC":          regexp.MustCompile(`permission to use, copy, modify, and(/or)? distribute this software for any purpose with or without fee`),
	"MPL-2.0":      regexp.MustCompile(`mozilla public license,? version 2\.0`),
	"BSD-3-Clause": regexp.MustCompile(`redistribution and use in source and binary forms.*neither the names? of`),
	"BSD-2-Clause": regexp.MustCompile(`redistribution and use in source and binary forms`),
	"GPL":          regexp.MustCompile(`gnu (lesser |affero |library )?general public license version \d`),
	"EPL":          regexp.MustCompile(`eclipse public license`),
	"BUSL":         regexp.MustCompile(`business source license`),
	"SSPL":         regexp.MustCompile(`server side public license`),
	"Elastic":      regexp.MustCompile(`elastic license`),
	"Commons":      regexp.MustCompile(`commons clause`),
}

// licencesIn returns the licences that a text is, or contains, sorted.
func licencesIn(text string) []string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	var found []string
	for name, sign := range licences {
		if sign.MatchString(text) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	if slices.Contains(found, "BSD-3-Clause") {
		found = slices.DeleteFunc(found, func(name string) bool { return name == "BSD-2-Clause" })
	}
	return found
}

// refused returns what is wrong with the licences of a module, "" if nothing is.
func refused(found []string) string {
	if len(found) == 0 {
		return "has no licence that is known here: look at it, and add what it is recognized by to licences"
	}
	for _, name := range found {
		if !slices.Contains(allowed, name) {
			return "is under " + name + ", which is none of " + strings.Join(allowed, ", ")
		}
	}
	return ""
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)([.-].*)?$`)

// TestLicences wants the modules that brook and its tests are made of to have licences that a
// program under any terms may contain.
func TestLicences(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-test",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./...")
	cmd.Dir, cmd.Stderr = checkout.Root(t), os.Stderr
	cmd.Env = checkout.Env(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(strings.Lines(string(out))))
	if len(modules) < 20 {
		t.Fatalf("go list names %d modules: %q", len(modules), modules)
	}
	for _, line := range modules {
		module, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if module == "" {
			continue
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, f := range files {
			if !f.Type().IsRegular() || !licenceFile.MatchString(f.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, licencesIn(string(text))...)
		}
		if problem := refused(found); problem != "" {
			t.Errorf("module %s %s", module, problem)
		}
		t.Log(module, found)
	}
}

func TestLicencesIn(t *testing.T) {
	for _, c := range []struct{ text, want, refused string }{
		{"Apache License\n   Version 2.0, January 2004", "Apache-2.0", ""},
		{"MIT License\n\nPermission is hereby granted, free of\ncharge, to any person obtaining a copy", "MIT", ""},
		{"Redistribution and use in source and binary forms, … Neither the name of X", "BSD-3-Clause", ""},
		{"Redistribution and use in source and binary forms, with or without", "BSD-2-Clause", ""},
		{"Mozilla Public License, version 2.0 … the GNU General Public License, Version 2.0", "MPL-2.0", ""},
		{"GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "GPL", "GPL"},
		{"GNU LESSER GENERAL PUBLIC LICENSE\n  Version 2.1", "GPL", "GPL"},
		{"Apache License Version 2.0 with the Commons Clause", "Apache-2.0 Commons", "Commons"},
		{"Business Source License 1.1", "BUSL", "BUSL"},
		{"All rights reserved.", "", "no licence"},
	} {
		found := licencesIn(c.text)
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
		if problem := refused(found); problem != "" != (c.refused != "") ||
			!strings.Contains(problem, c.refused) {
			t.Errorf("%q: refused with %q", c.text, problem)
		}
	}
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENSE.txt": true, "License.md": true, "LICENCE": true, "COPYING": true,
		"LICENSE-MIT": true, "UNLICENSE": true, "license.go": true, "licensed": false, "README": false,
	} {
		if licenceFile.MatchString(name) != want {
			t.Errorf("%s is a licence: %t, want %t", name, !want, want)
		}
	}
}
