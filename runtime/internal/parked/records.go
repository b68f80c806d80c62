package parked

// Complete makes the events whole that Writes stores: read returns one with its record. It ends with
// the first error.
func (j *Journal) Complete(read func(*Event) (*Event, error)) error {
	if len(j.changes) == 0 {
		return nil
	}
	done := map[string]bool{}
	for i := len(j.changes) - 1; i >= 0; i-- {
		c := &j.changes[i]
		if done[c.key] {
			continue
		}
		if done[c.key] = true; c.after == nil || !c.after.light {
			continue
		}
		whole, err := read(c.after)
		if err != nil {
			return err
		}
		j.events.mu.Lock()
		j.events.put(c.key, whole)
		j.events.mu.Unlock()
		c.after = whole
	}
	return nil
}

// lighten takes the records of the events that the journal changed out of memory.
func (j *Journal) lighten() {
	j.events.mu.Lock()
	defer j.events.mu.Unlock()
	for _, c := range j.changes {
		if e := c.after; e != nil && !e.light && j.events.all[c.key] == e {
			j.events.put(c.key, e.Light())
		}
	}
}
