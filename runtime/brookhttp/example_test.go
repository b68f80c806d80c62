package brookhttp_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brookhttp"
	"github.com/brookgen/brookgen/runtime/internal/errands"
	"github.com/brookgen/brookgen/runtime/mapstore"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// open returns an app of which nothing runs yet.
func open() *errands.App {
	return brook.Must(errands.NewApp(brook.Config{
		Author: "errands", Driver: memdriver.New(), Store: mapstore.New(),
		Log: slog.New(slog.DiscardHandler),
	}, &errands.Mailer{}, errands.Desk{}))
}

// An app that does not run yet is alive, and not ready.
func ExampleHealth() {
	app := open()
	defer app.Close()
	mux := http.NewServeMux()
	mux.Handle("/livez", brookhttp.Health(app))
	mux.Handle("/readyz", brookhttp.Health(app, brookhttp.MaxBehind(time.Minute)))

	for _, path := range []string{"/livez", "/readyz"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", path, nil))
		fmt.Print(path, " ", w.Code, " ", w.Body)
	}
	// Output:
	// /livez 200 ok
	// /readyz 503 starting
}

// An inspector below a path, for one user with a password.
func ExampleInspector() {
	app := open()
	defer app.Close()
	inspector := brookhttp.Inspector(app, brookhttp.Options{
		Allow: brookhttp.Password("operator", "a secret from the environment"),
	})
	defer inspector.Close()
	mux := http.NewServeMux()
	mux.Handle("/inspect/", http.StripPrefix("/inspect", inspector))

	r := httptest.NewRequestWithContext(context.Background(), "GET", "/inspect/jobs.json", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println("without the password:", w.Code)
	r.SetBasicAuth("operator", "a secret from the environment")
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print("with it: ", w.Code, " ", w.Body)
	// Output:
	// without the password: 401
	// with it: 200 {
	//   "jobs": [],
	//   "total": 0
	// }
}
