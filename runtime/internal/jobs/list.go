package jobs

import (
	"bytes"
	"slices"
)

// List returns copies of the jobs that wait or are held up, in the order of their places. None is
// being done.
func (b *Board) List() []Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Job
	for _, l := range b.lines {
		for _, j := range l.jobs {
			all = append(all, *j)
		}
	}
	slices.SortFunc(all, func(i, j Job) int { return bytes.Compare(i.Place, j.Place) })
	return all
}
