package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/templates"
)

// A change is one file that is not as it should be.
type change struct {
	path     string
	old, new []byte // nil: no such file
}

func (c change) verb() string {
	switch {
	case c.old == nil:
		return "wrote"
	case c.new == nil:
		return "removed"
	}
	return "updated"
}

// found is what the packages of a job are.
type found struct {
	*load.Found
	dirs  []string // of all packages that were named, with directives or without
	locks []*locked
}

// load reads the packages of the job, and their locks. What is wrong is told, and what of a change
// is not wrong but has consequences.
func (j *job) load() (*found, int) {
	type listing struct {
		dirs []string
		err  error
	}
	listed := make(chan listing, 1)
	go func() {
		dirs, err := j.folders()
		listed <- listing{dirs, err}
	}()
	loaded, err := load.Load(j.ctx, j.dir, j.args)
	matched := <-listed
	if err = cmp.Or(err, matched.err); err != nil {
		j.complain("%v", err)
		return nil, failure
	}
	locks, err := j.locks(matched.dirs, loaded.Packages, len(loaded.Diagnostics) == 0)
	if err != nil {
		j.complain("%v", err)
		return nil, failure
	}
	return &found{loaded, matched.dirs, locks}, success
}

// judge tells every mistake in the source, and every change of it that breaks something.
func (j *job) judge(f *found) int {
	wrong, told := f.Diagnostics, []load.Diagnostic{}
	for _, l := range f.locks {
		w, t := j.judgeLock(l)
		wrong, told = append(wrong, w...), append(told, t...)
	}
	status := success
	if len(wrong) > 0 {
		told, status = wrong, failure
	}
	if err := load.Print(j.err, j.dir, load.Sorted(told)); err != nil {
		j.complain("%v", err)
		return failure
	}
	return status
}

// plan loads the packages of the job, renders them in memory and compares. What is wrong is told,
// and then nothing at all changes.
func (j *job) plan() ([]change, *found, int) {
	found, status := j.load()
	if status != success {
		return nil, nil, status
	}
	if status := j.judge(found); status != success {
		return nil, nil, status
	}
	pkgs := found.Packages
	wanted := map[string][]templates.File{}
	for _, dir := range found.dirs {
		wanted[dir] = nil // a package without a directive left has no files
	}
	var err error
	for _, p := range pkgs {
		if wanted[p.Dir], err = templates.Generate(p); err != nil {
			j.complain("%v", err)
			return nil, nil, failure
		}
	}
	if j.verbose {
		j.printLanes(j.out, "", pkgs)
		j.printCaptures(j.out, pkgs)
	}
	var changes []change
	var errs []error
	for dir, files := range wanted {
		differing, err := compare(dir, files)
		changes, errs = append(changes, differing...), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		j.complain("%v", err)
		return nil, nil, failure
	}
	for _, l := range found.locks {
		if c, differs := l.change(l.now); differs {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.path, b.path) })
	if len(pkgs) == 0 && len(changes) == 0 {
		others := ""
		if slices.ContainsFunc(found.dirs, load.OtherBuilds) {
			others = " that belongs to the present build (GOOS and GOFLAGS=-tags=… choose another)"
		}
		j.complain("nothing to do: no //brook: directive%s in %s%s", others,
			strings.Join(j.patterns(), " "), j.below())
	}
	return changes, found, success
}

func (j *job) patterns() []string {
	if len(j.args) == 0 {
		return []string{"."}
	}
	return j.args
}

// below says that packages below the folder have directives, if it alone was meant and some do.
func (j *job) below() string {
	if !slices.Equal(j.patterns(), []string{"."}) ||
		!slices.ContainsFunc(load.Below(j.ctx, j.dir), load.Annotated) {
		return ""
	}
	return "; packages below it have some: name them with ./..."
}

// folders are those of every package that was named, with directives or without.
func (j *job) folders() ([]string, error) {
	pkgs, err := load.Packages(&packages.Config{Mode: packages.NeedName | packages.NeedFiles, Context: j.ctx, Dir: j.dir}, j.patterns()...)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, p := range pkgs {
		if p.Dir != "" {
			dirs = append(dirs, p.Dir)
		}
	}
	return dirs, nil
}

// compare tells what must change in a folder for it to have the wanted files and no other output of
// ours.
func compare(dir string, wanted []templates.File) ([]change, error) {
	var changes []change
	var errs []error
	ours := map[string]bool{}
	for _, f := range wanted {
		ours[f.Name] = true
		path := filepath.Join(dir, f.Name)
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, change{path: path, new: f.Source})
		case err != nil:
			errs = append(errs, err)
		case !generated(old):
			errs = append(errs, fmt.Errorf("%s was not written by brookgen, but is where its output goes: rename it", path))
		case !bytes.Equal(unixLines(old), f.Source):
			changes = append(changes, change{path, old, f.Source})
		}
	}
	present, err := filepath.Glob(filepath.Join(escape(dir), "brook_*_gen.go"))
	if err != nil {
		errs = append(errs, err)
	}
	if len(wanted) == 0 && len(present) > 0 && load.OtherBuilds(dir) { // they stay
		return nil, errors.Join(errs...)
	}
	for _, path := range present {
		if ours[filepath.Base(path)] {
			continue
		}
		old, err := os.ReadFile(path)
		if err != nil {
			errs = append(errs, err)
		} else if generated(old) {
			changes = append(changes, change{path: path, old: old})
		}
	}
	return changes, errors.Join(errs...)
}

// unixLines is text without the line endings of Windows, as git may write them there.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// generated reports whether a file begins with our header.
func generated(source []byte) bool {
	first, _, _ := bytes.Cut(source, []byte("\n"))
	first = bytes.TrimRight(first, "\r")
	return bytes.HasPrefix(first, []byte("// Code generated by brookgen ")) &&
		bytes.HasSuffix(first, []byte("; DO NOT EDIT."))
}

// escape makes a path that a glob takes literally.
func escape(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
