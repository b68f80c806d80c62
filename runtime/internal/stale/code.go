package stale

import (
	"context"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
)

// otherCode reports whether handlers with other code made the views, so that they have to be
// replaced, and reports to the log what Config.OnCodeChange says. The caller holds the quiesce
// lock.
func (v *Views) otherCode() bool {
	catalog := v.Tasks.Catalog
	lines, recorded := catalog.Structure.CodeChanges()
	if len(lines) == 0 {
		return false
	}
	switch v.Tasks.Config.OnCodeChange {
	case brook.RebuildStale:
		v.Tasks.Report.Info("handlers had other code when they made the views, which are rebuilt",
			"handlers", strings.Join(lines, "; "))
		return true
	case brook.GoOn:
		if !recorded && !v.told.Swap(true) {
			v.Tasks.Report.Info("going on with views that handlers made when they had other code",
				"handlers", strings.Join(lines, "; "))
		}
		return false
	}
	if catalog.Construction.RevivableLocked() {
		v.onlyBack.Store(true)
		return true
	}
	v.tell(lines)
	return false
}

// tell warns of handlers with other code, once.
func (v *Views) tell(lines []string) {
	if len(lines) > 0 && !v.told.Swap(true) {
		v.Tasks.Report.Warn("handlers had other code when they made the views: App.Preview shows what "+
			"a rebuild would change, and App.Rebuild makes them anew (docs/changing-code.md, Handlers)",
			"handlers", strings.Join(lines, "; "))
	}
}

// goOnWithCode goes on with the views as they are, since kept ones did not take their place.
func (v *Views) goOnWithCode(ctx context.Context) error {
	r, err := v.Tasks.Lock.RLock(ctx)
	if err != nil {
		return err
	}
	defer v.Tasks.Lock.Leave(r)
	lines, _ := v.Tasks.Catalog.Structure.CodeChanges()
	v.tell(lines)
	return nil
}
