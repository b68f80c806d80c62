package browsertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/brookgen/brookgen/examples/orders/sales"
)

// mailServer takes mails, unless it is down. One that it gets twice is one mail.
type mailServer struct {
	url  string
	down atomic.Bool
	mu   sync.Mutex
	took map[string]sales.SendMail // by ID
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	s := &mailServer{took: map[string]sales.SendMail{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *mailServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var mail sales.SendMail
	if err := json.NewDecoder(r.Body).Decode(&mail); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if s.down.Load() {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took[r.Header.Get("Idempotency-Key")] = mail
}

// sent returns how many mails were sent, by order and subject.
func (s *mailServer) sent() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for _, m := range s.took {
		all[m.Order+": "+m.Subject]++
	}
	return all
}
