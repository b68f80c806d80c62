package main

import (
	"fmt"
	"runtime/debug"
)

func versionCommand() command {
	return command{
		name:  "version",
		short: "print the version",
		long:  "Version prints the version of the module that brookgen was built from, and that of Go.\n",
		run: func(j *job) int {
			version, goVersion := "(devel)", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion = info.GoVersion
				if info.Main.Version != "" {
					version = info.Main.Version
				}
			}
			fmt.Fprintln(j.out, "brookgen", version, goVersion)
			return success
		},
	}
}
