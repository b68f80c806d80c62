package main

import (
	"errors"
	"os"
	"path/filepath"
)

// commit makes changes to files. All new content is on disk, under names that the go command passes
// over, before the first file is touched.
func commit(changes []change) (err error) {
	staged := map[string]string{}
	defer func() {
		for _, temp := range staged {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	for _, c := range changes {
		if c.new == nil {
			continue
		}
		temp, err := stage(c)
		if temp != "" {
			staged[c.path] = temp
		}
		if err != nil {
			return err
		}
	}
	for _, c := range changes {
		temp, ok := staged[c.path]
		if !ok {
			continue
		}
		if err := os.Rename(temp, c.path); err != nil {
			return err
		}
		delete(staged, c.path)
	}
	for _, c := range changes {
		if c.new == nil {
			if err := os.Remove(c.path); err != nil {
				return err
			}
		}
	}
	return nil
}

// stage writes new content beside its file and gives the name.
func stage(c change) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(c.path), "."+filepath.Base(c.path)+".*")
	if err != nil {
		return "", err
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(c.path); err == nil {
		mode = info.Mode().Perm()
	}
	_, err = f.Write(c.new)
	return f.Name(), errors.Join(err, f.Chmod(mode), f.Close())
}
