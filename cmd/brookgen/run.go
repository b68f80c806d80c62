package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Exit statuses.
const (
	success = 0
	failure = 1 // a mistake in source, stale output, or a file that can't be read or written
	misuse  = 2 // wrong usage
)

type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// A command is one thing that brookgen does.
type command struct {
	name    string
	args    string                         // what follows the name in the usage line
	short   string                         // one line
	long    string                         // the manual
	flags   func(*flag.FlagSet) func(*job) // declares flags; what it returns copies them into the job
	run     func(*job) int
	maximum int // of arguments; -1: any number
}

// A job is one run of a command.
type job struct {
	stdio
	ctx     context.Context
	dir     string
	args    []string
	verbose bool
	again   bool // even if nothing changed since the last run
	accept  bool // what breaks
	format  string
	server  bool // init writes a service
}

func (j *job) complain(format string, args ...any) {
	fmt.Fprintf(j.err, "brookgen: "+format+"\n", args...)
}

func commands() []command {
	return []command{generateCommand(), checkCommand(), lockCommand(), upcastCommand(),
		initCommand(), graphCommand(), versionCommand(), helpCommand()}
}

// run is the whole program.
func run(ctx context.Context, args []string, std stdio, dir string) int {
	j := &job{stdio: std, ctx: ctx, dir: dir}
	c, rest, err := find(args)
	if err != nil {
		j.complain("%v", err)
		return misuse
	}
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	settle := func(*job) {}
	if c.flags != nil {
		settle = c.flags(set)
	}
	switch err := set.Parse(rest); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(j.out, manual(c))
		return success
	case err != nil:
		j.complain("%v\nusage: %s", err, usage(c))
		return misuse
	}
	settle(j)
	j.args = set.Args()
	if n := len(j.args); c.maximum >= 0 && n > c.maximum {
		j.complain("%s takes %s", c.name, c.takes())
		return misuse
	}
	return c.run(j)
}

// find tells which command is meant. Without a name it is generate, whose arguments are packages.
func find(args []string) (command, []string, error) {
	all := commands()
	if len(args) == 0 {
		return all[0], nil, nil
	}
	first := args[0]
	for _, c := range all {
		if c.name == first {
			return c, args[1:], nil
		}
	}
	if strings.HasPrefix(first, "-") {
		switch strings.TrimLeft(first, "-") {
		case "h", "help":
			return helpCommand(), args[1:], nil
		case "version":
			return versionCommand(), args[1:], nil
		}
		return all[0], args, nil
	}
	// A package of the author's has a dot or a slash in its pattern, or is called all.
	if first == "all" || strings.ContainsAny(first, "./\\") {
		return all[0], args, nil
	}
	hint := ""
	if c := nearest(first, all); c != "" {
		hint = ": did you mean " + c + "?"
	}
	return command{}, nil, fmt.Errorf("unknown command %s%s\nThe commands are %s. For the package in the folder of that name: brookgen ./%s",
		first, hint, names(all), first)
}

func names(all []command) string {
	var list []string
	for _, c := range all {
		list = append(list, c.name)
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func usage(c command) string { return strings.TrimSpace("brookgen " + c.name + " " + c.args) }

func (c command) takes() string {
	if c.maximum == 0 {
		return "no arguments: " + usage(c)
	}
	return fmt.Sprintf("%d argument at most: %s", c.maximum, usage(c))
}

// nearest gives the command that a word was probably meant to be: with the same letters but for
// one, or in another order.
func nearest(word string, all []command) string {
	letters := func(s string) string {
		b := []byte(s)
		slices.Sort(b)
		return string(b)
	}
	for _, c := range all {
		if letters(c.name) == letters(word) {
			return c.name
		}
		for i := range c.name {
			if c.name[:i]+c.name[i+1:] == word {
				return c.name
			}
		}
		for i := range word {
			if word[:i]+word[i+1:] == c.name {
				return c.name
			}
		}
	}
	return ""
}
