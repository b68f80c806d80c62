package main

import (
	"fmt"
	"strings"
)

// A topic is a chapter of the manual that is no command.
type topic struct{ name, short, long string }

func topics() []topic {
	return []topic{
		{"annotations", "what is written above types, methods and fields", annotationsManual},
		{"versions", "how events get other names and types", versionsManual},
		{"handlers", "what a handler may take and give", handlersManual},
		{"code", "what the hash of a handler's code covers", codeManual},
		{"lanes", "when partitions are folded side by side", lanesManual},
		{"output", "what is generated", outputManual},
	}
}

func helpCommand() command {
	return command{
		name: "help", args: "[command or topic]", maximum: 1,
		short: "explain a command or a topic",
		long:  "Help prints the manual of a command or a topic, or lists them.\n",
		run:   help,
	}
}

func help(j *job) int {
	if len(j.args) == 0 {
		fmt.Fprint(j.out, overview())
		return success
	}
	for _, c := range commands() {
		if c.name == j.args[0] {
			fmt.Fprint(j.out, manual(c))
			return success
		}
	}
	for _, t := range topics() {
		if t.name == j.args[0] {
			fmt.Fprint(j.out, t.long)
			return success
		}
	}
	j.complain("no help for %s: see brookgen help", j.args[0])
	return misuse
}

func overview() string {
	var b strings.Builder
	b.WriteString(overviewManual)
	b.WriteString("\nCommands:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\t%-12s %s\n", c.name, c.short)
	}
	b.WriteString("\nTopics:\n\n")
	for _, t := range topics() {
		fmt.Fprintf(&b, "\t%-12s %s\n", t.name, t.short)
	}
	b.WriteString("\nMore with \"brookgen help\" and one of these words. Exit status: 1 for mistakes in source, 2 for wrong usage.\n")
	return b.String()
}

func manual(c command) string { return "usage: " + usage(c) + "\n\n" + c.long }
