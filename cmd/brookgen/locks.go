package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/brookgen/brookgen/cmd/brookgen/internal/load"
	"github.com/brookgen/brookgen/cmd/brookgen/internal/lock"
	"github.com/brookgen/brookgen/templates/model"
)

// A locked is the lock of one folder, as it was and as the code has it.
type locked struct {
	dir, path string
	disk      []byte     // nil: no such file
	old, now  *lock.Lock // old is nil if the file can't be read
	problem   *lock.Error
	head      *lock.Lock // of the last commit
	known     bool       // whether that is known
	looked    bool       // for these two
}

// locks reads the locks of folders, and makes those of the packages in them. Whole is whether all
// packages of the folders could be read: else a folder without one is passed over, and its lock.
func (j *job) locks(dirs []string, pkgs []*model.Package, whole bool) ([]*locked, error) {
	now := map[string]*lock.Lock{}
	for _, p := range pkgs {
		now[p.Dir] = lock.Of(p)
		dirs = append(slices.Clip(dirs), p.Dir)
	}
	var all []*locked
	var errs []error
	for _, dir := range slices.Compact(slices.Sorted(slices.Values(dirs))) {
		l := &locked{dir: dir, path: filepath.Join(dir, lock.FileName), old: &lock.Lock{}, now: now[dir]}
		if l.now == nil && (!whole || load.OtherBuilds(dir)) {
			continue
		}
		switch err := l.read(); {
		case err != nil:
			errs = append(errs, err)
			continue
		case l.now == nil && (l.disk == nil || !lock.Ours(l.disk)):
			continue
		case l.now == nil:
			l.now = &lock.Lock{}
		}
		if l.disk == nil { // somebody removed it, or it never was there
			j.lookAtHead(l)
			if l.head != nil {
				l.old = l.head
			}
		}
		all = append(all, l)
	}
	return all, errors.Join(errs...)
}

// read reads the file.
func (l *locked) read() error {
	disk, err := os.ReadFile(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	l.disk = append([]byte{}, disk...)
	if l.old, err = lock.Parse(l.path, disk); err != nil {
		errors.As(err, &l.problem)
	}
	return nil
}

// lookAtHead finds out what the lock was in the last commit.
func (j *job) lookAtHead(l *locked) {
	if l.looked {
		return
	}
	l.looked = true
	var text []byte
	if text, l.known = committed(j.ctx, l.dir, lock.FileName); !l.known {
		return
	}
	l.head = &lock.Lock{}
	if text != nil {
		if head, err := lock.Parse(l.path, text); err == nil {
			l.head = head
		} else {
			l.head, l.known = nil, false // what nobody can read allows nothing
		}
	}
}

// judgeLock returns what of the change of a lock breaks something, and what is only told. It adds
// to the present one what has to be kept of the one before.
func (j *job) judgeLock(l *locked) (wrong, told []load.Diagnostic) {
	if l.problem != nil {
		return []load.Diagnostic{{Pos: l.problem.Pos, Message: l.problem.Message}}, nil
	}
	found := lock.Compare(l.old, l.now, j.folder(l.dir))
	if len(found) > 0 && l.disk != nil {
		j.lookAtHead(l)
		found = lock.Judge(l.old, l.head, l.now, j.folder(l.dir))
	}
	for _, f := range found {
		if f.Breaking {
			wrong = append(wrong, load.Diagnostic{Pos: f.Pos, End: f.End, Message: f.Message})
		} else {
			told = append(told, warning(f))
		}
	}
	l.now.Keep(l.old, func() *lock.Lock {
		j.lookAtHead(l)
		return l.head
	})
	return wrong, told
}

// warning is a change of rows, which is only told.
func warning(f lock.Finding) load.Diagnostic {
	return load.Diagnostic{Pos: f.Pos, End: f.End, Message: "warning: " + f.Message}
}

// folder is how a folder is named as an argument, "" for the one that the command runs in.
func (j *job) folder(dir string) string {
	rel, err := filepath.Rel(j.dir, dir)
	switch {
	case err != nil:
		return dir
	case rel == ".":
		return ""
	case strings.HasPrefix(rel, ".."):
		return filepath.ToSlash(rel)
	}
	return "./" + filepath.ToSlash(rel)
}

// change returns how the file differs from a lock, if it does.
func (l *locked) change(wanted *lock.Lock) (change, bool) {
	c := change{path: l.path, old: l.disk}
	if len(wanted.Entries) > 0 {
		c.new = wanted.Format()
	}
	return c, (c.old == nil) != (c.new == nil) || !bytes.Equal(unixLines(c.old), c.new)
}
