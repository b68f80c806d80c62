package museum_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
)

// exhibit is the kept state of stores of one kind.
type exhibit struct {
	name string // of the file
	// restore returns a store in the kept state, or an empty one if file is "", and what closes it.
	restore func(t *testing.T, file string) (store brook.Store, closed func(), save func(file string))
}

var badger = exhibit{"badger.zip", func(t *testing.T, file string) (brook.Store, func(), func(string)) {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		unpack(t, file, dir)
	}
	s, err := badgerstore.Open(dir, badgerstore.NoSync(), badgerstore.Memory(1))
	if err != nil {
		t.Fatal(err)
	}
	closed := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s, closed, func(file string) { pack(t, dir, file) }
}}

// pack writes the files of a directory into an archive.
func pack(t *testing.T, dir, archive string) {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, archive, out.String())
}

// unpack writes the files of an archive into a directory.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, filepath.Base(f.Name)), string(data))
	}
}
