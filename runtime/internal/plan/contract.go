package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// contract returns a hash of what all who fold one generation have in common: what they make its
// rows from, and which indexes they maintain: those of the code. Which code folds is no part of it.
// The state has the contract that counts, so a commit of code with another one fails.
func (p *Code) contract(made map[string]Origin) string {
	nameless := map[string]Origin{}
	for name, o := range made {
		o.Events = slices.Clone(o.Events)
		for i := range o.Events {
			o.Events[i].Handlers = make([]string, len(o.Events[i].Handlers))
			o.Events[i].Code = nil
		}
		nameless[name] = o
	}
	b, err := json.Marshal([]any{nameless, p.indexNames()})
	if err != nil {
		panic(err) // plain data
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// Makes reports whether the code would make rows as they were made under a contract: from the same
// events, whatever these were called then, by the same handlers, and with the same indexes.
func (p *Code) Makes(made map[string]Origin, contract string) bool {
	if contract != p.Contract && (!p.Renamed() || contract != p.contract(made)) {
		return false
	}
	made = p.TodayOrigins(made)
	return len(Differences(made, p.Made)) == 0 && SameCode(made, p.Made)
}

// indexNames returns the names of all indexes, sorted.
func (p *Code) indexNames() []string {
	var names []string
	for _, c := range p.Layout.Collections {
		for _, x := range c.Indexes {
			names = append(names, c.IndexName(x))
		}
	}
	slices.Sort(names)
	return names
}
