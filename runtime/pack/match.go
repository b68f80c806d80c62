package pack

// A match pairs the fields of two shapes, each with one of the other at most.
type match struct {
	from []int  // by new field: the old one, or -1
	used []bool // by old field
}

func newMatch(olds, news int) *match {
	m := &match{make([]int, news), make([]bool, olds)}
	for i := range m.from {
		m.from[i] = -1
	}
	return m
}

// byKey pairs fields that have one key. The last of several old fields of one key counts; ""
// is no key.
func (m *match) byKey(olds, news []string) {
	index := map[string]int{}
	for i, key := range olds {
		if key != "" && !m.used[i] {
			index[key] = i
		}
	}
	for i, key := range news {
		if from, ok := index[key]; ok && key != "" && m.from[i] < 0 {
			delete(index, key)
			m.from[i], m.used[from] = from, true
		}
	}
}

// byOldNames pairs what is left by the names that fields had: those that new fields had, and then,
// as the old shape may be that of later code, those that old fields had.
func (m *match) byOldNames(olds, news []string, oldHad, newHad [][]string) {
	index := map[string]int{}
	for i, key := range olds {
		if key != "" && !m.used[i] {
			index[key] = i
		}
	}
	for i, key := range news {
		if key == "" || m.from[i] >= 0 {
			continue
		}
		for _, name := range newHad[i] {
			if from, ok := index[name]; ok {
				delete(index, name)
				m.from[i], m.used[from] = from, true
				break
			}
		}
	}
	clear(index)
	for i, key := range news {
		if key != "" && m.from[i] < 0 {
			index[key] = i
		}
	}
	for from, key := range olds {
		if key == "" || m.used[from] {
			continue
		}
		for _, name := range oldHad[from] {
			if i, ok := index[name]; ok {
				delete(index, name)
				m.from[i], m.used[from] = from, true
				break
			}
		}
	}
}

// matched returns which of the old fields each of the new ones was, or -1.
func matched(olds, news []field) []int {
	m := newMatch(len(olds), len(news))
	oldNames, oldHad := namesOf(olds)
	newNames, newHad := namesOf(news)
	m.byKey(oldNames, newNames)
	m.byOldNames(oldNames, newNames, oldHad, newHad)
	return m.from
}

func namesOf(fields []field) (names []string, had [][]string) {
	for _, f := range fields {
		names, had = append(names, f.name), append(had, f.olds)
	}
	return names, had
}
