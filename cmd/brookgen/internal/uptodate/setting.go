package uptodate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// recordPath returns the path of the record of runs that only differ in what they read, or "" if
// that can't be told.
func recordPath(dir string, patterns []string) string {
	folder := cacheFolder()
	if folder == "" {
		return ""
	}
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	release, ok := goRelease()
	if !ok {
		return ""
	}
	env, ok := environment()
	if !ok {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "1 %q %q %q\n", dir, patterns, env)
	if build, ok := debug.ReadBuildInfo(); ok { // images may give programs of all versions one time
		fmt.Fprintln(h, build)
	}
	for _, path := range append(release, self) {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return ""
		}
		fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	return filepath.Join(folder, hex.EncodeToString(h.Sum(nil)))
}

// cacheFolder returns the folder of records, "" if nothing is to be recorded.
func cacheFolder() string {
	switch folder := os.Getenv("BROOKGENCACHE"); folder {
	case "off":
		return ""
	case "":
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(cache, "brookgen")
	default:
		return folder
	}
}

// goRelease returns the go command, and the files that say which release it is and how it is set.
// It returns false if go is a program that starts another one, as those of version managers are.
func goRelease() (files []string, ok bool) {
	command, err := exec.LookPath("go")
	if err != nil {
		return nil, false
	}
	if command, err = filepath.EvalSymlinks(command); err != nil {
		return nil, false
	}
	root := filepath.Dir(filepath.Dir(command))
	version := filepath.Join(root, "VERSION")
	if _, err := os.Stat(filepath.Join(root, "src", "runtime")); err != nil {
		return nil, false
	}
	_, err = os.Stat(version)
	return []string{command, version, filepath.Join(root, "go.env")}, err == nil
}

// environment returns the variables that the go command heeds, and the contents of its file of
// them. It returns false if they name files or programs that decide on packages, too.
func environment() (vars []string, ok bool) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case name == "GOFILE" || name == "GOLINE" || name == "GOPACKAGE": // of go generate
		case strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") ||
			slices.Contains([]string{"PATH", "HOME", "XDG_CONFIG_HOME", "AppData", "CC"}, name):
			vars = append(vars, v)
		}
	}
	slices.Sort(vars)
	file := os.Getenv("GOENV")
	if file == "" {
		if config, err := os.UserConfigDir(); err == nil {
			file = filepath.Join(config, "go", "env")
		}
	}
	if text, err := os.ReadFile(file); err == nil {
		vars = append(vars, string(text))
	}
	if slices.ContainsFunc(vars, func(v string) bool {
		return strings.HasPrefix(v, "GOPACKAGESDRIVER=") ||
			strings.HasPrefix(v, "GOWORK=") && v != "GOWORK=off" ||
			strings.Contains(v, "-overlay") || strings.Contains(v, "-modfile")
	}) {
		return nil, false
	}
	if driver, err := exec.LookPath("gopackagesdriver"); err == nil && driver != "" {
		return nil, false
	}
	return vars, true
}
