package engine

import (
	"context"

	"github.com/brookgen/brookgen/runtime/internal/catalog"
	"github.com/brookgen/brookgen/runtime/internal/partition"
	"github.com/brookgen/brookgen/runtime/internal/task"
)

// memory is what an app keeps in memory of what the store holds: it loads it when the app opens,
// and loads it again if another process or a lost answer may have changed the store.
type memory struct {
	tasks *task.Set
	owed  *owed
}

// load opens what the store holds of the app. It is called once, before all other calls.
func (m *memory) load(ctx context.Context) error {
	s := m.tasks
	defer s.Report.Slow("reading positions, dead letters and emissions from the store")()
	if err := s.Publisher.Open(ctx); err != nil {
		return err
	}
	if err := s.Catalog.Open(ctx); err != nil {
		return err
	}
	live := s.Catalog.Live()
	standings, err := s.Catalog.Standings(ctx, s.Reader, live)
	if err != nil {
		return err
	}
	for id, stored := range standings {
		s.Progress.Advance(id, stored.Next)
	}
	if s.Blocked, err = s.Letters.Blocked(ctx, live); err != nil {
		return err
	}
	// Else the holder of the lease, or who has the partition, loads the outbox.
	if !s.Catalog.Fenced() {
		if err := s.Publisher.Load(ctx, everyPartition); err != nil {
			return err
		}
	}
	s.Exclusive = s.NewTask(live, task.Live{Set: s})
	if err := s.ReadAlone(ctx); err != nil {
		return err
	}
	m.owed.note()
	return nil
}

// reload reads dead letters and positions of the live generation. What it returns puts them in the
// place of those in memory. The caller holds the quiesce lock.
func (m *memory) reload(
	ctx context.Context, live *catalog.Generation,
) (adopt func(), err error) {
	s := m.tasks
	blocked, err := s.Letters.Blocked(ctx, live)
	if err != nil {
		return nil, err
	}
	if err := s.ReadAlone(ctx); err != nil {
		return nil, err
	}
	standings, err := s.Catalog.Standings(ctx, s.Reader, live)
	if err != nil {
		return nil, err
	}
	return func() {
		s.Blocked, s.Emissions.Numbers = blocked, nil
		s.Exclusive.In(live)
		for id, stored := range standings {
			s.Progress.Advance(id, stored.Next)
		}
	}, nil
}

// reloadCatalog reloads the catalog until it succeeds, fails for good, or ctx ends.
func (m *memory) reloadCatalog(ctx context.Context) error {
	return m.tasks.Retry.Do(ctx, "reload", func() error { return m.tasks.Catalog.Reload(ctx) })
}

// takenOver loads what another app of the name, which held the store, may have changed.
func (m *memory) takenOver(ctx context.Context) error {
	m.tasks.Unsure.Store(true)
	if err := m.resolveUnknown(ctx); err != nil {
		return err
	}
	m.tasks.Catalog.SweepSoon()
	return m.tasks.Retry.Do(ctx, "reload", func() error {
		return m.tasks.Catalog.ReloadShapes(ctx)
	})
}

// resolveUnknown loads everything again if the outcome of a commit is not known.
func (m *memory) resolveUnknown(ctx context.Context) error {
	if !m.tasks.Unsure.Swap(false) {
		return nil
	}
	err := m.reloadCatalog(ctx)
	if err == nil {
		err = m.tasks.Retry.Do(ctx, "reload", func() error { return m.reloadOutbox(ctx) })
	}
	if err != nil {
		m.tasks.Unsure.Store(true)
	}
	return err
}

// reloadOutbox fills the outbox again. Over a shared store it only clears it: a member of a group
// loads it when it knows its partitions, and the holder of the lease when it looks.
func (m *memory) reloadOutbox(ctx context.Context) error {
	if err := m.tasks.Lock.Lock(ctx); err != nil { // nobody adds to it meanwhile
		return err
	}
	defer m.tasks.Lock.Unlock()
	m.tasks.Outbox.Clear()
	if m.tasks.Catalog.Fenced() {
		return nil
	}
	return m.tasks.Publisher.Load(ctx, everyPartition)
}

func everyPartition(partition.ID) bool { return true }
