package brookhttp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"time"
)

//go:embed static
var static embed.FS

// file is a file that pages use.
type file struct {
	name string
	data []byte
	tag  string // changes with the data
}

// readFiles returns the files by their names.
func readFiles() map[string]file {
	entries, err := static.ReadDir("static")
	if err != nil {
		panic(err) // they are in the program
	}
	files := map[string]file{}
	for _, e := range entries {
		data, err := static.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		files[e.Name()] = file{e.Name(), data, hex.EncodeToString(sum[:8])}
	}
	return files
}

// serve answers with the file. Pages link to it with its tag, so that browsers may keep it.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=86400")
	w.Header().Set("ETag", `"`+f.tag+`"`)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.data))
}
