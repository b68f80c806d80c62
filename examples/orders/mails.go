package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	"github.com/brookgen/brookgen/examples/orders/sales"
)

// mailServer takes mails by HTTP, and fails half of the time: it took no mail then, or it did, and
// the client is not to know.
type mailServer struct {
	mu       sync.Mutex
	rnd      *rand.Rand
	requests int
	failures int
	sent     map[string]sales.SendMail // by ID
}

func newMailServer(rnd *rand.Rand) *mailServer {
	return &mailServer{rnd: rnd, sent: map[string]sales.SendMail{}}
}

func (s *mailServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var mail sales.SendMail
	if err := json.NewDecoder(r.Body).Decode(&mail); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	luck := s.rnd.IntN(4)
	if luck > 0 {
		s.sent[r.Header.Get("Idempotency-Key")] = mail // one more, or the same again
	}
	if luck < 2 {
		s.failures++
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	}
}

// String returns what there was to do.
func (s *mailServer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d requests, of which %d failed; %d mails", s.requests, s.failures, len(s.sent))
}

// mails returns a sender of mails by a server.
func mails(client *http.Client, url string) func(context.Context, string, sales.SendMail) error {
	return func(ctx context.Context, id string, mail sales.SendMail) error {
		body, err := json.Marshal(mail)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Idempotency-Key", id)
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("mail server: %s", answer.Status)
		}
		return nil
	}
}
