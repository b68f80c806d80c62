package load

import "testing"

// FuzzDirective: no comment makes the parser panic, and problems lie inside of it.
func FuzzDirective(f *testing.F) {
	for _, seed := range []string{
		"//brook:", "//brook:event", "//brook:event a",
		"//brook:event a key=A,B topic= history=0 publish=1 go=x",
		"//brook:collection \x00\xff é key=a=b", "//brook:handle x", "//brook:evnt \t\v a",
		"// brook:event", "//",
		"//brook:event a key=,", "//brook:event key=", "//brook:event a // b", "", "\u2028",
		"//brook:event\u00a0a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		isSpaced(text)
		d, problems := parseDirective(text)
		for _, p := range problems {
			if p.off < 0 || p.end < p.off || p.end > len(text) || p.message == "" {
				t.Errorf("%q: problem %+v", text, p)
			}
		}
		if d.name != "" && text[d.nameOff:d.nameOff+len(d.name)] != d.name {
			t.Errorf("%q: name %q is not at %d", text, d.name, d.nameOff)
		}
		if d.verb == "" && len(problems) == 0 {
			t.Errorf("%q: taken for a directive", text)
		}
	})
}
