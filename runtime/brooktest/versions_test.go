package brooktest_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	v3 "github.com/brookgen/brookgen/runtime/internal/grown/v3"
)

// Events by earlier names and of earlier versions can be given, and reach handlers as today's.
func TestEarlierVersions(t *testing.T) {
	s := brooktest.New(t, func(c brook.Config) (*v3.App, error) { return v3.NewApp(c, v3.Ledger{}) })
	s.Given(
		brooktest.Raw("payment.captured", "a", `{"id":"a","cents":1}`),
		brooktest.Raw("dataset.updated", "d", `{"id":"d","targetDataset":"x"}`),
		brooktest.RawVersion("dataset.updated", 2, "d", `{"id":"d","targetDatasets":["y"]}`),
		brook.Emit(v3.Dataset{ID: "d", Targets: []v3.Goal{{Name: "z"}}}),
	)
	s.When(brook.Emit(v3.Paid{ID: "a", Cents: 2}))
	brooktest.Equal(t, brook.Must(s.App.Views.Payments.Get("a")).Cents, []int64{1, 2})
	brooktest.Equal(t, brook.Must(s.App.Views.Targets.Get("d")).Names, []string{"x", "y", "z"})
	s.When(brooktest.RawVersion("dataset.updated", 1, "d", `{"id":"d","targetDataset":""}`))
	letters := s.DeadLetters()
	brooktest.Equal(t, len(letters), 1)
	brooktest.Equal(t, letters[0].Stage, brook.StageDecode)
	s.Restart()
	brooktest.Equal(t, brook.Must(s.App.Views.Targets.Get("d")).Names, []string{"x", "y", "z"})
	brooktest.Equal(t, len(s.DeadLetters()), 1)
}
