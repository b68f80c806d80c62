package jobs

import "bytes"

// Look is a look at what others did to the jobs in the store, while jobs are committed and done. It
// begins before the store is read.
//
// Over a shared store a job may be done once a look that began behind it has ended: jobs that others
// committed before are here then, and those of its partition, type and key come first.
type Look struct {
	number  uint64
	removed map[string]bool // places of jobs that were removed meanwhile
}

// Begin begins a look; one goroutine looks at a time.
func (b *Board) Begin() *Look {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	b.look = &Look{number: b.looks, removed: map[string]bool{}}
	return b.look
}

// Lags notes that the store may have jobs that are not here, or dead letters of jobs. Over a shared
// store no job is taken until somebody looked.
func (b *Board) Lags() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lags = true
	b.wake.Set()
}

// current undoes Lags, before the store is read.
func (b *Board) current() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lags = false
}

// Lagging reports whether the store may have jobs that are not here.
func (b *Board) Lagging() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lags
}

// Unsure reports whether jobs are held up until somebody looked.
func (b *Board) Unsure() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Shared && (b.lags || len(b.unsure) > 0)
}

// Same ends a look that read no jobs, because others left no note.
func (b *Board) Same(look *Look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look = nil
	b.rely(look)
}

// Saw ends a look that found jobs and dead letters of jobs in the store. quiet says that others left
// no note while these were read. What was committed by this process since the look began stays as it
// is, and so does what is being done. Saw returns the jobs that others have dealt with.
func (b *Board) Saw(look *Look, f Found, quiet bool) (theirs []*Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look = nil
	found := make(map[string]*Job, len(f.Jobs))
	for _, j := range f.Jobs {
		found[string(j.Place)] = j
	}
	for _, l := range b.lines {
		l.held = nil
		for i := len(l.jobs) - 1; i >= 0; i-- {
			if l.state != running || i > 0 {
				if j := l.jobs[i]; b.compare(look, j, found[string(j.Place)]) {
					theirs = append(theirs, j)
				}
			}
		}
		b.tidy(l)
	}
	for _, l := range f.Letters {
		if j, err := OfLetter(l); err == nil { // else it holds up nothing
			b.hold(lineID{j.Partition(), j.Type, string(j.Key)}, j.Place)
		}
	}
	came := look.number
	if quiet {
		came--
	}
	for _, j := range f.Jobs {
		if !look.removed[string(j.Place)] {
			b.add(j, came)
		}
	}
	b.pass()
	b.rely(look)
	b.reconsider()
	return theirs
}

// compare removes a job that another process dealt with: it did it or gave it up, and then found is
// nil, or it tried it. It reports whether one did.
func (b *Board) compare(look *Look, j, found *Job) bool {
	if j.added >= look.number || j.tried >= look.number {
		return false // since the look began
	}
	if found != nil && bytes.Equal(found.Stored, j.Stored) {
		return false
	}
	b.remove(j)
	return true
}

// rely lets go on what came before a look.
func (b *Board) rely(look *Look) {
	b.sure = look.number - 1
	lines := b.unsure
	b.unsure = nil
	for _, l := range lines {
		l.listed = false
		b.schedule(l)
	}
}

// sureOf reports whether what goes before a job is here.
func (b *Board) sureOf(j *Job) bool { return !b.Shared || j.added <= b.sure }

// Forget drops the look: the store could not be read.
func (b *Board) Forget(*Look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look, b.lags = nil, true
}

// Clear forgets all jobs, which are to be read again. None is being done.
func (b *Board) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.lines)
	clear(b.partitions)
	b.ready.Init()
	b.later, b.passed, b.unsure, b.lags = nil, nil, nil, true
}
