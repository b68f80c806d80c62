package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// committed returns a file of a folder as the last commit of git has it, nil if that has none. It
// returns false if that can't be known: there is no git, or the folder is in no repository.
func committed(ctx context.Context, dir, name string) (text []byte, known bool) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, false
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, git, args...)
		cmd.Dir = dir
		// In a hook these say where the repository is, relative to another folder.
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}, name)
		})
		return cmd.Output()
	}
	inside, err := run("rev-parse", "--is-inside-work-tree")
	if err != nil || strings.TrimSpace(string(inside)) != "true" {
		return nil, false
	}
	if _, err := run("rev-parse", "--quiet", "--verify", "HEAD^{commit}"); err != nil {
		return nil, ctx.Err() == nil // there is no commit yet
	}
	listed, err := run("ls-tree", "HEAD", "--", name)
	if err != nil || len(listed) == 0 {
		return nil, err == nil
	}
	text, err = run("cat-file", "blob", "HEAD:./"+name)
	return text, err == nil
}
