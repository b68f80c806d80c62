package apptest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
)

// model is the ledger without brook: maps, and the rules of dead letters, read off the
// log record by record.
type model struct {
	shown   shown
	letters []modelLetter
	next    int64           // offset of the log's next record
	seen    map[string]bool // emissions folded
	emitted map[string]bool // emissions that have to be in the log
	broken  bool            // handlers fail on request, and odd records don't decode
	dropped map[place]bool  // letters that were dropped, which a rebuild drops too
	past    *model          // of a rebuild: what was live when it began
}

// shown is what can be seen of the views.
type shown struct {
	Accounts map[string]ledger.Account
	Lines    map[ledger.LineKey]ledger.Line
	Notes    map[string]ledger.Note
	Histories
}

// Histories are those of accounts and notes, by key.
type Histories struct{ OfAccounts, OfNotes map[string][]string }

// place is an event and a set, "": all.
type place struct {
	offset int64
	set    string
}

type modelLetter struct {
	offset   int64
	set      string
	stage    string
	key      string
	attempts int
	silent   bool
	owes     string // the sets that did not act although the letter is silent
}

var sets = []string{"", "Books", "Audit"}

func newModel() *model {
	return &model{dropped: map[place]bool{}, seen: map[string]bool{}, emitted: map[string]bool{},
		shown: shown{Accounts: map[string]ledger.Account{}, Lines: map[ledger.LineKey]ledger.Line{},
			Notes:     map[string]ledger.Note{},
			Histories: Histories{map[string][]string{}, map[string][]string{}}}}
}

// incoming is an event on its way through the model.
type incoming struct {
	offset int64 // -1: Process
	typ    string
	key    string
	data   []byte
	odd    bool
	silent bool
	owes   string
}

func read(r brook.Record) (e incoming, id string, emission bool) {
	e = incoming{offset: r.Offset, key: string(r.Key), data: r.Value}
	for _, h := range r.Headers {
		switch h.Key {
		case "ce_type":
			e.typ = string(h.Value)
		case "ce_id":
			id = string(h.Value)
		case "ce_brooklane":
			emission = true
		case "odd":
			e.odd = true
		}
	}
	return e, id, emission
}

// fold takes the next record of the log.
func (m *model) fold(r brook.Record) {
	m.next = r.Offset + 1
	if r.Value == nil {
		return
	}
	e, id, emission := read(r)
	if emission && m.seen[id] {
		return
	}
	if emission {
		m.seen[id] = true
	}
	if m.past == nil || !m.dropped[place{e.offset, ""}] {
		m.deliver(e, "", 0)
	}
}

// deliver runs an event through one set, or all for "", and keeps what fails. It reports
// whether nothing did.
func (m *model) deliver(e incoming, only string, attempts int) bool {
	if !slices.Contains([]string{ledger.OpenedType, ledger.MovedType, ledger.ClosedType,
		ledger.NotedType}, e.typ) {
		return true
	}
	if e.odd && m.broken {
		m.put(modelLetter{e.offset, only, brook.StageDecode, e.key, attempts + 1, e.silent, e.owes})
		return false
	}
	ok, written := true, map[string]bool{} // histories that have the event
	for _, set := range sets[1:] {
		if only != "" && set != only || !handles(set, e.typ) ||
			m.past != nil && m.dropped[place{e.offset, set}] {
			continue
		}
		if m.waits(e, set) {
			m.put(modelLetter{e.offset, set, brook.StageHandle, e.key, 0, e.silent &&
				!strings.Contains(e.owes, set), ""})
			ok = false
		} else if !m.handle(e, set, written) {
			m.put(modelLetter{e.offset, set, brook.StageHandle, e.key, attempts + 1, e.silent &&
				!strings.Contains(e.owes, set), ""})
			ok = false
		}
	}
	return ok
}

func handles(set, typ string) bool {
	return typ == ledger.MovedType || (typ == ledger.NotedType) == (set == "Audit")
}

// put keeps a letter. One that a rebuild makes is silent if the event was acted on before.
func (m *model) put(l modelLetter) {
	if m.past != nil {
		l.silent, l.owes = m.past.silence(l)
	}
	m.letters = append(m.letters, l)
	slices.SortFunc(m.letters, func(l, k modelLetter) int {
		return cmp.Or(cmp.Compare(l.offset, k.offset),
			cmp.Compare(slices.Index(sets, l.set), slices.Index(sets, k.set)))
	})
}

// owed reports whether a set never acted on an event, because it is a letter.
func (m *model) owed(offset int64, set string) bool {
	return slices.ContainsFunc(m.letters, func(l modelLetter) bool {
		return l.offset == offset && (l.set == set || l.set == "") &&
			(!l.silent || strings.Contains(l.owes, set))
	})
}

// silence reports whether a letter that a rebuild of m makes is silent, and for
// which set it is not.
func (m *model) silence(l modelLetter) (silent bool, owes string) {
	if l.set != "" {
		return !m.owed(l.offset, l.set), ""
	}
	if old := m.letter(l.offset, ""); old != nil {
		return old.silent, old.owes
	}
	for _, set := range sets[1:] {
		if m.owed(l.offset, set) {
			owes += " " + set
		}
	}
	return true, owes
}

func (m *model) letter(offset int64, set string) *modelLetter {
	for i := range m.letters {
		if l := &m.letters[i]; l.offset == offset && l.set == set {
			return l
		}
	}
	return nil
}

func (m *model) remove(l modelLetter) {
	m.letters = slices.DeleteFunc(m.letters, func(k modelLetter) bool {
		return k.offset == l.offset && k.set == l.set
	})
}

func (m *model) waits(e incoming, set string) bool {
	return slices.ContainsFunc(m.letters, func(l modelLetter) bool {
		return l.key == e.key && l.offset < e.offset && (l.set == set || l.set == "")
	})
}

// handle is the handlers of a set. It reports whether they succeeded, and changes nothing if not.
func (m *model) handle(e incoming, set string, written map[string]bool) bool {
	s := &m.shown
	wrote := func(histories map[string][]string, name, key string) {
		if e.typ == ledger.NotedType || written[name+key] {
			return
		}
		written[name+key] = true
		at := fmt.Sprint(e.offset, " ", e.typ)
		histories[key] = trimmed(append(histories[key], at))
	}
	decode := func(to any) {
		if err := json.Unmarshal(e.data, to); err != nil {
			panic(err) // the records are ours
		}
	}
	switch e.typ {
	case ledger.OpenedType:
		var o ledger.Opened
		decode(&o)
		s.Accounts[o.Account] = ledger.Account{ID: o.Account, Email: o.Email, Tags: o.Tags}
		wrote(s.OfAccounts, "a", o.Account)
	case ledger.ClosedType:
		var c ledger.Closed
		decode(&c)
		delete(s.Accounts, c.Account)
		delete(s.OfAccounts, c.Account)
		maps.DeleteFunc(s.Lines, func(k ledger.LineKey, _ ledger.Line) bool {
			return k.Account == c.Account
		})
	case ledger.NotedType:
		var n ledger.Noted
		decode(&n)
		s.Notes[n.Account] = append(slices.Clone(s.Notes[n.Account]), "noted: "+n.Text)
	case ledger.MovedType:
		var v ledger.Moved
		decode(&v)
		if set == "Books" {
			return m.moved(v, func(account string) { wrote(s.OfAccounts, "a", account) })
		}
		account, there := s.Accounts[v.Account]
		if v.Order == "fail" && m.broken || !there {
			return false
		}
		switch text := fmt.Sprintf("%+d makes %d", v.Cents, account.Balance); v.Order {
		case "emit":
			if acts := !e.silent || strings.Contains(e.owes, set); (m.past == nil && acts ||
				m.past != nil && m.past.owed(e.offset, set)) && e.offset >= 0 {
				m.emitted[fmt.Sprintf("ledger/ledger/0/%d/Audit/0", e.offset)] = true
			}
		case "quiet":
		default:
			s.Notes[v.Account] = append(slices.Clone(s.Notes[v.Account]), text)
			wrote(s.OfNotes, "n", v.Account)
		}
	}
	return true
}

// moved is what Books does with a move.
func (m *model) moved(v ledger.Moved, wrote func(account string)) bool {
	s := &m.shown
	old, there := s.Accounts[v.Account]
	if _, from := s.Accounts[v.From]; !there || v.From != "" && !from {
		return false
	}
	add := func(id string, cents int64) {
		a := s.Accounts[id]
		a.Balance += cents
		a.Moves++
		s.Accounts[id] = a
		wrote(id)
	}
	if add(v.Account, v.Cents); v.From != "" {
		add(v.From, -v.Cents)
	}
	s.Lines[ledger.LineKey{Account: v.Account, Number: old.Moves + 1}] = ledger.Line{Cents: v.Cents,
		Balance: old.Balance + v.Cents}
	return true
}

// trimmed keeps the newest five moves, as history=5 demands.
func trimmed(h []string) (kept []string) {
	moves := 0
	for _, e := range slices.Backward(h) {
		if strings.HasSuffix(e, ledger.MovedType) {
			if moves++; moves > 5 {
				continue
			}
		}
		kept = append(kept, e)
	}
	slices.Reverse(kept)
	return kept
}

// process is Process: all sets or none, waiting behind nobody.
func (m *model) process(typ string, data []byte) bool {
	e := incoming{offset: -1, typ: typ, data: data}
	trial := m.clone()
	written := map[string]bool{}
	for _, set := range sets[1:] {
		if handles(set, typ) && !trial.handle(e, set, written) {
			return false
		}
	}
	*m = *trial
	return true
}

func (m *model) clone() *model {
	c := *m
	c.letters = slices.Clone(m.letters)
	c.dropped = maps.Clone(m.dropped)
	c.seen, c.emitted = maps.Clone(m.seen), maps.Clone(m.emitted)
	s := &c.shown
	s.Accounts, s.Lines, s.Notes = maps.Clone(s.Accounts), maps.Clone(s.Lines), maps.Clone(s.Notes)
	s.OfAccounts, s.OfNotes = cloneAll(s.OfAccounts), cloneAll(s.OfNotes)
	return &c
}

func cloneAll(h map[string][]string) map[string][]string {
	c := map[string][]string{}
	for k, v := range h {
		c[k] = slices.Clone(v)
	}
	return c
}

// redrive tries letters again, those that filter accepts, up to a number of them. It returns
// how many were applied.
func (m *model) redrive(log []brook.Record, filter func(offset int64) bool, tries int) (n int) {
	barred := map[string]bool{}
	for _, l := range slices.Clone(m.letters) {
		own, all := l.set+" "+l.key, " "+l.key
		if barred[own] || barred[all] {
			continue
		}
		if !filter(l.offset) {
			barred[own] = true
			continue
		}
		if tries == 0 {
			return n
		}
		tries--
		e, _, _ := read(log[l.offset])
		e.silent, e.owes = l.silent, l.owes
		m.remove(l)
		if m.deliver(e, l.set, l.attempts) {
			n++
			continue
		}
		barred[own] = true
	}
	return n
}

// drop removes letters that filter accepts, up to a number of them, and returns how many.
func (m *model) drop(filter func(offset int64) bool, most int) (n int) {
	for _, l := range slices.Clone(m.letters) {
		if filter(l.offset) && n != most {
			m.remove(l)
			m.dropped[place{l.offset, l.set}] = true
			n++
		}
	}
	return n
}

// rebuilt returns what a rebuild makes of the log: what fails is tried once more, and then stays as
// it was if it fails again.
func (m *model) rebuilt(log []brook.Record) *model {
	r := newModel()
	r.broken, r.past, r.emitted, r.dropped = m.broken, m, maps.Clone(m.emitted), m.dropped
	for _, record := range log[:m.next] {
		r.fold(record)
	}
	r.again(log)
	r.past = nil
	return r
}

// again tries all letters of a rebuild once.
func (m *model) again(log []brook.Record) {
	barred := map[string]bool{}
	for _, l := range slices.Clone(m.letters) {
		own := l.set + " " + l.key
		if barred[own] || barred[" "+l.key] {
			continue
		}
		e, _, _ := read(log[l.offset])
		m.remove(l)
		if m.deliver(e, l.set, l.attempts) {
			continue
		}
		barred[own] = true
		if again := m.letter(l.offset, l.set); again != nil {
			*again = l
		}
	}
}
