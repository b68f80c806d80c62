package mapstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

// snapshots has the file of a store written anew.
type snapshots struct {
	store       *Store
	path        string
	every       time.Duration
	log         *slog.Logger
	restoration string // of what was read; "": nothing was
	ctx         context.Context
	end         context.CancelFunc

	writing sync.Mutex // one file is written at a time
	written uint64     // the commit of the last one that was; guarded by writing

	// Guarded by Store.mu:
	timer  *time.Timer // runs out when a file is due; nil: none is
	closed bool
	work   sync.WaitGroup
}

// newSnapshots fills a store with what its file holds.
func newSnapshots(s *Store, o *options) *snapshots {
	n := &snapshots{store: s, path: o.path, every: o.every, log: o.log}
	if n.log == nil {
		n.log = slog.Default()
	}
	n.ctx, n.end = context.WithCancel(context.Background())
	began := time.Now()
	switch rows, err := s.read(n.path); {
	case err == nil:
		n.restoration, n.written = rand.Text(), s.clock.seq()
		n.log.Info("mapstore: the snapshot is read", "file", n.path, "rows", rows,
			"took", time.Since(began).Round(time.Millisecond))
	case !errors.Is(err, fs.ErrNotExist):
		n.log.Warn("mapstore: the snapshot can't be read, so that the store begins empty and the "+
			"log is folded from its start", "file", n.path, "error", err)
	}
	return n
}

// committed has a file written in a while. The caller is the writer, and holds Store.mu.
func (n *snapshots) committed() {
	if n.timer != nil || n.closed || n.every <= 0 {
		return
	}
	n.work.Add(1)
	n.timer = time.AfterFunc(n.every, func() {
		defer n.work.Done()
		n.store.mu.Lock()
		n.timer = nil // commits from here on may be missing
		n.store.mu.Unlock()
		if err := n.take(); err != nil && n.ctx.Err() == nil {
			n.log.Warn("mapstore: the snapshot can't be written, and the one before stays",
				"file", n.path, "error", err)
		}
	})
}

// take writes the file, unless nothing was committed since it was written last.
func (n *snapshots) take() error {
	n.writing.Lock()
	defer n.writing.Unlock()
	in := n.store.clock.pin()
	defer n.store.release(in)
	if in.seq == n.written {
		return nil
	}
	began := time.Now()
	size, err := replace(n.path, func(w io.Writer) error {
		return n.store.write(n.ctx, w, in.seq)
	})
	if err != nil {
		return err
	}
	n.written = in.seq
	n.log.Debug("mapstore: the snapshot is written", "file", n.path, "bytes", size,
		"took", time.Since(began).Round(time.Millisecond))
	return nil
}

// close writes the file a last time.
func (n *snapshots) close() error {
	n.store.mu.Lock()
	again := n.closed
	n.closed = true
	if n.timer != nil && n.timer.Stop() {
		n.timer = nil
		n.work.Done()
	}
	n.store.mu.Unlock()
	n.work.Wait()
	if again {
		return nil
	}
	defer n.end()
	if err := n.take(); err != nil {
		return fmt.Errorf("mapstore: write the snapshot %s: %w", n.path, err)
	}
	return nil
}
