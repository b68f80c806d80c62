package main

import (
	"fmt"
	"runtime/debug"

	brook "github.com/brookgen/brookgen/runtime"
)

func versionCommand() command {
	return command{
		name:  "version",
		short: "print the version",
		long: `Version prints brook's version, that of Go that brookgen was built with, and the version of the module that brookgen was built
from, which Go knows of what it fetched or found in a repository.
`,
		run: func(j *job) int {
			goVersion, module := "", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion, module = info.GoVersion, info.Main.Version
			}
			if module == "" || module == "(devel)" {
				fmt.Fprintln(j.out, "brookgen", brook.Version, goVersion)
				return success
			}
			fmt.Fprintf(j.out, "brookgen %s %s (module %s)\n", brook.Version, goVersion, module)
			return success
		},
	}
}
