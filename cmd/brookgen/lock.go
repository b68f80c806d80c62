package main

import (
	"cmp"
	"flag"
	"path/filepath"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/spelling"
)

func lockCommand() command {
	return command{
		name: "lock", args: "[-accept [names]] [packages]", maximum: -1,
		short: "show how brook.lock would change, or accept a change that breaks",
		long:  lockManual,
		flags: func(set *flag.FlagSet) func(*job) {
			accept := set.Bool("accept", false,
				"write brook.lock with the present events and rows of these names, or of all")
			return func(j *job) { j.accept = *accept }
		},
		run: runLock,
	}
}

// runLock shows how the locks would change or, with -accept, changes them.
func runLock(j *job) int {
	var names []string
	if j.accept {
		names, j.args = namesAmong(j.args)
	}
	found, status := j.load()
	if status != success {
		return status
	}
	if !j.accept {
		status := j.judge(found)
		for _, l := range found.locks {
			if c, differs := l.change(l.now); differs && l.problem == nil {
				j.printDiff(c)
			}
		}
		return status
	}
	if len(found.Diagnostics) > 0 {
		if err := load.Print(j.err, j.dir, found.Diagnostics); err != nil {
			j.complain("%v", err)
		}
		return failure
	}
	if len(found.locks) == 0 {
		j.complain("nothing to accept: no //brook: directive and no %s in %s",
			lock.FileName, strings.Join(j.patterns(), " "))
		return failure
	}
	return j.acceptChanges(found.locks, names)
}

// acceptChanges writes the locks anew: all of them, or the entries of the names alone.
func (j *job) acceptChanges(locks []*locked, names []string) int {
	var changes []change
	var told []load.Diagnostic
	known := map[string]bool{}
	for _, l := range locks {
		if l.problem != nil && (len(names) > 0 || !lock.Ours(l.disk)) {
			j.complain("%s:%d:%d: %s", j.short(l.path), l.problem.Pos.Line, l.problem.Pos.Col, l.problem.Message)
			return failure
		}
		wanted := l.now
		if len(names) > 0 {
			wanted = lock.Accept(l.old, l.now, names)
		}
		if c, differs := l.change(wanted); differs {
			changes = append(changes, c)
		}
		if l.problem == nil {
			for _, f := range lock.Compare(l.old, wanted, "") {
				if !f.Breaking {
					told = append(told, warning(f))
				}
			}
		}
		for _, either := range []*lock.Lock{l.old, l.now} {
			if either == nil {
				continue
			}
			for _, e := range either.Entries {
				known[e.Name] = true
			}
		}
	}
	for _, name := range names {
		if !known[name] {
			var all []string
			for k := range known {
				all = append(all, k)
			}
			hint := ""
			if near := spelling.Nearest(name, all); near != "" {
				hint = ": did you mean " + near + "?"
			}
			j.complain("no event and no collection is called %s in %s, nor was one%s",
				name, strings.Join(j.patterns(), " "), hint)
			return failure
		}
	}
	if err := cmp.Or(commit(changes), load.Print(j.err, j.dir, load.Sorted(told))); err != nil {
		j.complain("%v", err)
		return failure
	}
	return success
}

// namesAmong splits arguments into names and packages. A package's pattern is a path.
func namesAmong(args []string) (names, packages []string) {
	for _, a := range args {
		if a == "." || a == ".." || strings.HasPrefix(a, "./") || strings.HasPrefix(a, "../") ||
			strings.HasPrefix(a, `.\`) || strings.HasPrefix(a, `..\`) || filepath.IsAbs(a) ||
			strings.Contains(a, "...") {
			packages = append(packages, a)
		} else {
			names = append(names, a)
		}
	}
	return names, packages
}
