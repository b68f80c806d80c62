// Package uptodate remembers what a run of brookgen read and wrote, so that the next one can tell
// in milliseconds that nothing changed since, without asking go for a list of packages.
//
// A Record stands in the user's cache folder, under a name made of everything outside of the
// packages that decides what a run does: this program, the go command, the environment and the
// arguments. It holds a hash of each Go file and module file.
package uptodate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Record is what a run depended on.
type Record struct {
	Mods    []string          `json:"mods"`    // files of modules
	Folders []string          `json:"folders"` // of packages
	Trees   []string          `json:"trees"`   // folders that were searched for packages
	Files   map[string]string `json:"files"`   // their hashes by path, "" of those that are not there
}

// Run is one run of brookgen, from before anything is read.
type Run struct {
	path string // of its record; "": there is none
	dir  string
	args []string
	at   time.Time
}

// Begin starts a run for the packages that patterns match, relative to dir. If its results may
// depend on more than can be recorded, it is never found to be up to date.
func Begin(dir string, patterns []string) *Run {
	r := &Run{dir: dir, args: patterns, at: time.Now()}
	if recordable(patterns) {
		r.path = recordPath(dir, patterns)
	}
	return r
}

// UpToDate reports whether nothing changed since the last run that was recorded.
func (r *Run) UpToDate() bool {
	if r.path == "" {
		return false
	}
	data, err := os.ReadFile(r.path)
	if err != nil {
		return false
	}
	var was Record
	if json.Unmarshal(data, &was) != nil || was.Files == nil {
		return false
	}
	paths, err := list(r.dir, was.Mods, was.Folders, was.Trees)
	if err != nil || len(paths) != len(was.Files) {
		return false
	}
	for _, path := range paths {
		recorded, ok := was.Files[path]
		if hash, err := hashOf(path); !ok || err != nil || hash != recorded {
			return false
		}
	}
	return true
}

// Done records that the outputs are as they should be: the run read packages in folders, of modules
// whose go.mod files are mods, looked for packages below the
// folders in searched, and wrote the files in written. A failure to record is none of the
// run.
func (r *Run) Done(folders, mods, searched []string, written map[string]bool) {
	if r.path == "" {
		return
	}
	rec := Record{
		Mods: mods, Folders: folders, Trees: append(trees(r.dir, r.args), searched...), Files: map[string]string{},
	}
	paths, err := list(r.dir, rec.Mods, rec.Folders, rec.Trees)
	if err != nil {
		return
	}
	for _, path := range paths {
		if rec.Files[path], err = hashOf(path); err != nil {
			return
		}
		if writtenSince(path, r.at) && !written[path] { // perhaps the run read what was there before
			return
		}
	}
	data, err := json.Marshal(&rec)
	if err != nil || os.MkdirAll(filepath.Dir(r.path), 0o755) != nil {
		return
	}
	write(r.path, data)
	trim(filepath.Dir(r.path), r.at)
}

// write makes a file at once, or not at all.
func write(path string, data []byte) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err != nil || cerr != nil || os.Rename(f.Name(), path) != nil {
		_ = os.Remove(f.Name())
	}
}

// keptFor is how long a record is kept that no run replaces.
const keptFor = 30 * 24 * time.Hour

// trim removes what is old in the folder of records.
func trim(folder string, now time.Time) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keptFor {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
