package brooktest_test

import (
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/parcels"
)

func openParcels(c brook.Config) (*parcels.App, error) {
	return parcels.NewApp(c, &parcels.Shop{}, parcels.Audit{})
}

// Parked events are seen, and run when their row appears; by the clock of the test they are
// reported.
func TestParked(t *testing.T) {
	s := brooktest.New(t, openParcels)
	s.When(brook.Emit(parcels.Sent{Order: "o"}), brook.Emit(parcels.Paid{Order: "o", Cents: 5}))
	parked := s.Parked()
	if len(parked) != 2 || parked[0].Type != parcels.SentType || parked[0].Stage != brook.StageEarly ||
		parked[1].Attempts != 1 {
		t.Fatalf("parked: %v", parked)
	}
	if letters := s.DeadLetters(); len(letters) > 0 {
		t.Errorf("letters: %v", letters)
	}
	s.Advance(14 * time.Minute)
	if letters := s.DeadLetters(); len(letters) > 0 {
		t.Errorf("letters: %v", letters)
	}
	s.Advance(2 * time.Minute)
	if letters := s.DeadLetters(); len(letters) != 2 || letters[0].Stage != brook.StageEarly {
		t.Errorf("letters: %v", letters)
	}
	s.When(brook.Emit(parcels.Placed{Order: "o", Cents: 5}))
	if len(s.Parked())+len(s.DeadLetters()) > 0 {
		t.Errorf("parked: %v, letters: %v", s.Parked(), s.DeadLetters())
	}
	brooktest.Equal(t, brook.Must(s.App.Views.Orders.Get("o")),
		parcels.Order{ID: "o", Cents: 5, Paid: 5, Parcels: []string{""}})
	receipts := brooktest.PublishedData[parcels.Receipt](s)
	brooktest.Equal(t, receipts, []parcels.Receipt{{Order: "o", Cents: 5}})
}
