package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/uptodate"
)

func generateCommand() command {
	return command{
		name: "generate", args: "[-a] [-v] [packages]", maximum: -1,
		short: "generate code (the default)",
		long:  generateManual,
		flags: func(set *flag.FlagSet) func(*job) {
			verbose := set.Bool("v", false,
				"say how each package's partitions run, and name the files that change")
			again := set.Bool("a", false, "do all the work even if nothing changed since the last run")
			return func(j *job) { j.verbose, j.again = *verbose, *again }
		},
		run: generate,
	}
}

// generate brings the output of the packages up to date, all of them or none.
func generate(j *job) int {
	run := uptodate.Begin(j.dir, j.patterns())
	if !j.again && !j.verbose && run.UpToDate() {
		return success
	}
	changes, found, status := j.plan()
	if status != success {
		return status
	}
	if err := commit(changes); err != nil {
		j.complain("%v", err)
		return failure
	}
	if len(found.Packages) > 0 { // else there was something to say
		written := map[string]bool{}
		for _, c := range changes {
			written[c.path] = true
		}
		run.Done(found.Inputs.Folders, found.Inputs.GoMods, found.Inputs.Trees, written)
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
