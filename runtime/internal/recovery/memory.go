// Package recovery brings what an app keeps in memory of the store in line with it: when the app
// opens, when another app of its name had the store meanwhile, and when the answer to a commit was
// lost.
//
// Memory belongs to no goroutine: Reload is called by who holds the quiesce lock, and what it
// returns too. All other methods take that lock where they need it, and are called without it.
package recovery

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/generation"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// Memory is what an app keeps in memory of what the store holds: it loads it when the app opens,
// and loads it again if another process or a lost answer may have changed the store.
type Memory struct {
	Tasks *task.Set
	Owed  func() // is called when the live generation may hold emissions that it owes
}

// Load opens what the store holds of the app. It is called once, before all other calls.
func (m *Memory) Load(ctx context.Context) error {
	s := m.Tasks
	defer s.Report.Slow("reading positions, dead letters and emissions from the store")()
	if err := s.Publisher.Open(ctx); err != nil {
		return err
	}
	if s.Jobs != nil {
		if err := s.Jobs.Open(ctx, s.Store, s.Config.Name); err != nil {
			return err
		}
	}
	if err := s.Catalog.Open(ctx); err != nil {
		return err
	}
	live := s.Catalog.Live()
	standings, err := live.Standings(ctx, s.Reader)
	if err != nil {
		return err
	}
	for id, stored := range standings {
		s.Progress.Advance(id, stored.Next)
	}
	blocked, err := s.Letters.Blocked(ctx, live)
	if err != nil {
		return err
	}
	s.Blocked.Replace(blocked)
	if err := s.ReadParked(ctx, standings); err != nil {
		return err
	}
	// Else the holder of the lease, or who has the partition, loads the outbox.
	if !s.Catalog.Fenced() {
		if err := m.load(ctx); err != nil {
			return err
		}
	}
	if err := s.ReadExclusiveMark(ctx); err != nil {
		return err
	}
	m.Owed()
	return nil
}

// Reload reads dead letters and positions of the live generation. What it returns puts them in the
// place of those in memory. The caller holds the quiesce lock.
func (m *Memory) Reload(
	ctx context.Context, live *generation.Generation,
) (adopt func(), err error) {
	s := m.Tasks
	blocked, err := s.Letters.Blocked(ctx, live)
	if err != nil {
		return nil, err
	}
	if err := s.ReadExclusiveMark(ctx); err != nil {
		return nil, err
	}
	standings, err := live.Standings(ctx, s.Reader)
	if err != nil {
		return nil, err
	}
	parked, err := s.Letters.ParkedIn(ctx, live, standings)
	if err != nil {
		return nil, err
	}
	return func() {
		s.Blocked.Replace(blocked)
		s.Emissions.Numbers = nil
		s.ForgetTimers()
		s.Parked.Replace(parked)
		for id, stored := range standings {
			s.Progress.Advance(id, stored.Next)
		}
	}, nil
}

// ReloadCatalog reloads the catalog until it succeeds, fails for good, or ctx ends.
func (m *Memory) ReloadCatalog(ctx context.Context) error {
	return m.Tasks.Retry.Do(ctx, "reload", func() error { return m.Tasks.Catalog.Reload(ctx) })
}

// TakenOver loads what another app of the name, which held the store, may have changed.
func (m *Memory) TakenOver(ctx context.Context) error {
	m.Tasks.Unsure.Store(true)
	if err := m.ResolveUnknown(ctx); err != nil {
		return err
	}
	m.Tasks.Catalog.Obsolete.Wake()
	return m.Tasks.Retry.Do(ctx, "reload", func() error {
		return m.Tasks.Catalog.ReloadShapes(ctx)
	})
}

// ResolveUnknown loads everything again if the outcome of a commit is not known.
func (m *Memory) ResolveUnknown(ctx context.Context) error {
	if !m.Tasks.Unsure.Swap(false) {
		return nil
	}
	err := m.ReloadCatalog(ctx)
	if err == nil {
		err = m.Tasks.Retry.Do(ctx, "reload", func() error { return m.reloadOutbox(ctx) })
	}
	if err != nil {
		m.Tasks.Unsure.Store(true)
	}
	return err
}

// reloadOutbox fills the outbox again. Over a shared store it only clears it: a member of a group
// loads it when it knows its partitions, and the holder of the lease when it looks.
func (m *Memory) reloadOutbox(ctx context.Context) error {
	if err := m.Tasks.Lock.Lock(ctx); err != nil { // nobody adds to it meanwhile
		return err
	}
	defer m.Tasks.Lock.Unlock()
	m.Tasks.Outbox.Clear()
	if m.Tasks.Jobs != nil {
		m.Tasks.Jobs.Clear()
	}
	if m.Tasks.Catalog.Fenced() {
		return nil
	}
	return m.load(ctx)
}

// load reads emissions and jobs, of all partitions.
func (m *Memory) load(ctx context.Context) error {
	s := m.Tasks
	if err := s.Publisher.Load(ctx, everyPartition); err != nil || s.Jobs == nil {
		return err
	}
	return s.Jobs.Load(ctx, s.Reader, s.Catalog.Live().Letters)
}

func everyPartition(partition.ID) bool { return true }
