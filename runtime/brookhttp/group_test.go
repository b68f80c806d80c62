package brookhttp_test

import (
	"net/http"
	"strings"
	"testing"
)

// An instance of a group counts what is of its partitions, and lists what all have: no list is said
// to have as many in all.
func TestGroup(t *testing.T) {
	alone, member := filled("text"), filled("text")
	for _, app := range []*fake{alone, member} {
		app.status.Letters, app.status.Jobs, app.status.Parked, app.status.Timers = 0, 0, 0, 0
	}
	alone.structure.Group, member.structure.Group = false, true
	s := newSite(t, alone, anybody)
	s.want("letters", http.StatusOK, "2 of 0,")
	s = newSite(t, member, anybody)
	s.want("letters", http.StatusOK, "2, the oldest first")
	s.want("", http.StatusOK, "Figures are of the partitions of this instance")
	for _, page := range []string{"letters", "jobs", "timers", "parked"} {
		if html := s.get(page).Body.String(); strings.Contains(html, " of 0") {
			t.Errorf("%s counts none: %s", page, html)
		}
		total := `"total": -1`
		if page == "letters" {
			total = `"total": null`
		}
		s.want(page+".json", http.StatusOK, total)
	}
}
