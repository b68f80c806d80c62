package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
)

func generateCommand() command {
	return command{
		name: "generate", args: "[-v] [packages]", maximum: -1,
		short: "generate code (the default)",
		long:  generateManual,
		flags: func(set *flag.FlagSet) func(*job) {
			verbose := set.Bool("v", false,
				"say how each package's partitions run, and name the files that change")
			return func(j *job) { j.verbose = *verbose }
		},
		run: generate,
	}
}

// generate brings the output of the packages up to date, all of them or none.
func generate(j *job) int {
	changes, status := j.plan()
	if status != success {
		return status
	}
	if err := commit(changes); err != nil {
		j.complain("%v", err)
		return failure
	}
	if j.verbose {
		for _, c := range changes {
			fmt.Fprintln(j.out, c.verb(), j.short(c.path))
		}
	}
	return success
}

// short is a path as seen from where the command runs.
func (j *job) short(path string) string {
	rel, err := filepath.Rel(j.dir, path)
	if err != nil || strings.HasPrefix(rel, "..") && len(rel) >= len(path) {
		return path
	}
	return rel
}
