package load

import (
	"os"
	"os/exec"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Packages is packages.Load, which fails where GOFLAGS sets -modfile: it asks go for its version
// with modules turned off, where go refuses that flag. It is handed over as an argument then.
func Packages(config *packages.Config, patterns ...string) ([]*packages.Package, error) {
	pkgs, err := packages.Load(config, patterns...)
	if err == nil || !strings.Contains(err.Error(), "-modfile only valid") {
		return pkgs, err
	}
	cmd := exec.CommandContext(config.Context, "go", "env", "GOFLAGS")
	cmd.Dir = config.Dir
	out, envErr := cmd.Output()
	if envErr != nil {
		return nil, err
	}
	var rest, moved []string
	for _, flag := range splitFlags(string(out)) {
		if name := strings.TrimLeft(strings.Trim(flag, `'"`), "-"); strings.HasPrefix(name, "modfile=") {
			moved = append(moved, "-"+name)
		} else {
			rest = append(rest, flag)
		}
	}
	again := *config
	again.Env = append(os.Environ(), "GOFLAGS="+strings.Join(rest, " "))
	again.BuildFlags = moved
	return packages.Load(&again, patterns...)
}

// splitFlags splits GOFLAGS as go does: at blanks, but for those in a flag that stands in quotes,
// which are kept.
func splitFlags(text string) []string {
	var flags []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := strings.IndexAny(text, " \t\n")
		if quote := text[0]; quote == '\'' || quote == '"' {
			end = strings.IndexByte(text[1:], quote)
			if end >= 0 {
				end += 2
			}
		}
		if end < 0 {
			end = len(text)
		}
		flags = append(flags, text[:end])
		text = text[end:]
	}
	return flags
}
