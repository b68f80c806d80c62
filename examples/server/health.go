package main

import (
	"net/http"
	"os"
	"time"

	"github.com/brookgen/brookgen/runtime/brookhttp"
)

// maxBehind is how far the views may be behind the log while requests still come here.
const maxBehind = time.Minute

// operate adds what operators and load balancers need: health, and the inspector, which lets the
// user operator in with the password in INSPECTOR_PASSWORD, and nobody without one.
func (s *server) operate() {
	health := brookhttp.Health(s.app, brookhttp.MaxBehind(maxBehind))
	s.mux.Handle("GET /livez", health)
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.ending: // the views are as good as before, but the process is not for long
			http.Error(w, "ending", http.StatusServiceUnavailable)
		default:
			health.ServeHTTP(w, r)
		}
	})
	s.inspector = brookhttp.Inspector(s.app, brookhttp.Options{
		Allow: brookhttp.Password("operator", os.Getenv("INSPECTOR_PASSWORD")),
		Log:   s.log,
	})
	s.mux.Handle("/inspect/", http.StripPrefix("/inspect", s.inspector))
}
