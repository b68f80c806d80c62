package txn

// misses are the rows that the handler of the current set asked for in vain: where an event that
// came too early says what it waits for. Their memory is used again, so that noting one costs next
// to nothing.
type misses struct {
	rows []missedRow
	keys []byte // of all rows, one after the other
}

// missedRow is a row without its key, which ends at that place of the keys.
type missedRow struct{ slot, end int }

// Miss notes that a row of a slot was asked for in vain, or that an index has no row for a value.
func (m *misses) Miss(slot int, key []byte) {
	m.keys = append(m.keys, key...)
	m.rows = append(m.rows, missedRow{slot, len(m.keys)})
}

// Missed returns what the handler of the current set asked for in vain, each row once.
func (m *misses) Missed() (rows []RowKey) {
	seen := map[RowKey]bool{}
	start := 0
	for _, r := range m.rows {
		row := RowKey{r.slot, string(m.keys[start:r.end])}
		start = r.end
		if !seen[row] {
			seen[row] = true
			rows = append(rows, row)
		}
	}
	return rows
}

// forget begins another set.
func (m *misses) forget() { m.rows, m.keys = m.rows[:0], m.keys[:0] }
