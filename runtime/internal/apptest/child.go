package apptest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// RunChild runs the test binary once more, with an environment variable that makes it a child.
// It reports whether the child got to its end. The child is killed within the given time after it
// printed the line "open", or sometimes "ready", which comes before it opens what an earlier one
// left; with a time of 0 it is not killed.
func RunChild(rnd *rand.Rand, variable, value string,
	within time.Duration) (whole bool, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+value)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	lines := bufio.NewScanner(out)
	if within > 0 {
		after := "open"
		if rnd.IntN(4) == 0 {
			after = "ready"
		}
		for lines.Scan() && lines.Text() != after {
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(within))))
		_ = cmd.Process.Kill() // it may have ended
	}
	for lines.Scan() {
	}
	err = cmd.Wait()
	if err != nil && (within == 0 || !strings.Contains(err.Error(), "killed")) {
		return false, fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return err == nil, nil
}

// UniqueWords returns the words of a text, sorted, each once.
func UniqueWords(text string) []string {
	all := strings.Fields(text)
	slices.Sort(all)
	return slices.Compact(all)
}
