package main

import (
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
)

func checkCommand() command {
	return command{
		name: "check", args: "[packages]", maximum: -1,
		short: "fail with a diff where output is stale",
		long:  checkManual,
		run:   check,
	}
}

// check tells how the output would change.
func check(j *job) int {
	changes, _, status := j.plan()
	if status != success || len(changes) == 0 {
		return status
	}
	for _, c := range changes {
		j.printDiff(c)
	}
	files := "file is"
	if len(changes) > 1 {
		files = "files are"
	}
	j.complain("%d generated %s out of date: run go generate, and commit what it writes",
		len(changes), files)
	return failure
}

// printDiff writes how a file would change.
func (j *job) printDiff(c change) {
	before, after := filepath.ToSlash(j.short(c.path)), filepath.ToSlash(j.short(c.path))
	if c.old == nil {
		before = "/dev/null"
	}
	if c.new == nil {
		after = "/dev/null"
	}
	if _, err := j.out.Write(diff.Diff(before, c.old, after, c.new)); err != nil {
		j.complain("%v", err)
	}
}
