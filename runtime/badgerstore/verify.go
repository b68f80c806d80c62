package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	sst "github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
)

// files is what must be known of a directory before Badger opens it.
type files struct {
	logs    int   // logs of unflushed memtables: the process crashed
	largest int64 // their size in bytes
}

// prepare checks a directory that nobody has open. It removes empty files, which a killed process
// may leave, and which Badger would not open.
func prepare(dir string, readOnly bool) (f files, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) && !readOnly {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("badgerstore: %w", err)
	}
	manifest, tables := false, false
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return f, fmt.Errorf("badgerstore: %w", err)
		}
		ext := filepath.Ext(e.Name())
		switch {
		case e.Name() == badger.ManifestFilename:
			manifest = true
		case ext == ".sst":
			tables = true
		case (ext == ".mem" || ext == ".vlog") && info.Size() == 0:
			if readOnly {
				continue
			}
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return f, fmt.Errorf("badgerstore: %w", err)
			}
		case ext == ".mem":
			f.logs++
			f.largest = max(f.largest, info.Size())
		}
	}
	if !manifest && (tables || f.logs > 0) {
		return f, fmt.Errorf("%w: %s: the file %s is missing", ErrDamaged, dir,
			badger.ManifestFilename)
	}
	return f, nil
}

// verify reads all table files that the manifest names: Badger takes a damaged block for the end of
// the table, and may end the process on a damaged index.
func verify(dir string, o badger.Options, found files, whole bool) error {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	manifest, end, err := badger.ReplayManifestFile(f, 0, o)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, f.Name(), err)
	}
	// Badger drops an incomplete last entry of the manifest, and deletes the tables that the
	// rest does not name.
	if info, err := f.Stat(); err != nil {
		return fmt.Errorf("badgerstore: %w", err)
	} else if end < info.Size() && found.logs == 0 {
		return fmt.Errorf("%w: %s: its end is missing", ErrDamaged, f.Name())
	}
	return verifyTables(dir, manifest.Tables, o, whole)
}

// verifyTables reads tables, as many at a time as there are processors, and returns the error of
// the first damaged one.
func verifyTables(dir string, tables map[uint64]badger.TableManifest, o badger.Options,
	whole bool) error {
	ids := slices.Sorted(maps.Keys(tables))
	errs := make([]error, len(ids))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(ids)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(ids); i = next.Add(1) - 1 {
				name := sst.NewFilename(ids[i], dir)
				to := sst.Options{ReadOnly: true, BlockSize: o.BlockSize,
					Compression: tables[ids[i]].Compression}
				if whole {
					to.ChkMode = options.OnTableRead
				}
				if err := verifyTable(name, to); err != nil {
					errs[i] = fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func verifyTable(name string, o sst.Options) (err error) {
	if info, err := os.Stat(name); err != nil {
		return err
	} else if info.Size() < 16 {
		return fmt.Errorf("the file has %d bytes", info.Size())
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file does not decode: %.200s",
				strings.Join(strings.Fields(fmt.Sprint(r)), " "))
		}
	}()
	f, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	t, err := sst.OpenTable(f, o)
	if err != nil {
		return err
	}
	return t.Close(-1)
}
