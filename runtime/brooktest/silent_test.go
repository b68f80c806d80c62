package brooktest_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// listened is a fake test whose output is kept.
type listened struct {
	fakeT
	output bytes.Buffer
}

func (t *listened) Output() io.Writer { return &t.output }

// What is right is no reason to log anything, and less so to warn that the log has no marks.
func TestScenarioIsSilent(t *testing.T) {
	said := &listened{}
	driver := brooktest.NewDriver(memdriver.Partitions(3))
	// before the app is there
	if _, err := driver.Deliver(t.Context(),
		brook.Record{Topic: "test", Key: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	s := brooktest.New(said, func(c brook.Config) (*ledger.App, error) {
		c.Driver = driver
		return ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	})
	s.Given(opened("a"), opened("b"))
	s.When(moved("a", 1, "emit"))
	s.Restart()
	s.When(moved("b", 1, "emit"))
	err := s.Do(func(ctx context.Context) error {
		_, err := s.App.Publish.Opened(ctx, ledger.Opened{Account: "c"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	said.end()
	if len(said.failures) > 0 {
		t.Error(said.failures)
	}
	if said.output.Len() > 0 {
		t.Errorf("said:\n%s", said.output.String())
	}
}
