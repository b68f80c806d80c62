// Command github folds GitHub's webhook deliveries into views, and says what they hold.
//
//	go run ./examples/github FILE…
//
// reads files, or standard input where none is named or one is "-". Each line is a delivery:
// {"event": "issues", "example": "opened", "payload": {…}}, of which event is GitHub's name of the
// kind and payload what it sent.
//
// Over a log with several partitions all would be folded in one lane, in the order of time: people,
// organizations and counts are kept across repositories, whose IDs are the deliveries' keys.
// "brookgen -v ./examples/github/hub" names each such expression.
//
// It ends with a line that says what became of the deliveries. The exit status is 1 where some
// became dead letters, which are listed as they come, and 2 where the program was called wrongly or
// could not read its input.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// The program's exit statuses.
const (
	exitDone    = 0
	exitLetters = 1
	exitFailed  = 2
)

func main() {
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if terminal(os.Stderr) {
		s.progress = os.Stderr
	}
	if len(os.Args) == 1 && s.progress != nil && terminal(os.Stdin) {
		fmt.Fprintln(os.Stderr, "github: reading deliveries from standard input")
	}
	os.Exit(run(context.Background(), os.Args[1:], s))
}

// streams is what a run reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
	progress io.Writer // a terminal, or nil
}

func run(ctx context.Context, args []string, s streams) int {
	flags := flag.NewFlagSet("github", flag.ContinueOnError)
	flags.SetOutput(s.err)
	flags.Usage = func() {
		fmt.Fprintln(s.err, "usage: github [FILE…]\n\nfolds GitHub webhook deliveries, one JSON object a line, into views. Without FILE, or where it is -, it reads standard input.")
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone
		}
		return exitFailed
	}
	totals, err := process(ctx, flags.Args(), s)
	switch {
	case err != nil:
		fmt.Fprintln(s.err, "github:", err)
		return exitFailed
	case totals.letters > 0:
		return exitLetters
	}
	return exitDone
}

// process folds all inputs and reports. Where an input breaks off, it still says what became of
// what was read.
func process(ctx context.Context, files []string, s streams) (totals, error) {
	if err := check(files); err != nil {
		return totals{}, err
	}
	f, err := newFolder(s.out, newProgress(s.progress))
	if err != nil {
		return totals{}, err
	}
	defer f.app.Close()
	failed := f.fold(ctx, files, s.in)
	f.progress.clear()
	out := bufio.NewWriter(s.out)
	t, err := f.totals()
	if err == nil {
		err = report(out, f.app.Views)
	}
	if err == nil {
		fmt.Fprintf(out, "\n%s\n", t)
	}
	return t, errors.Join(failed, err, out.Flush())
}

// terminal reports whether f is one, or at least no file or pipe.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
