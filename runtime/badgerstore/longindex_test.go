package badgerstore_test

import (
	"fmt"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/badgerstore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/memdriver"
)

// An indexed value is a part of a key. One that is too long for that makes its event a dead letter,
// which says so; a value of 64,000 bytes is found.
func TestLongIndexedValue(t *testing.T) {
	d := memdriver.New()
	app := newApp(t, d, open(t, t.TempDir(), badgerstore.NoSync()))
	defer app.Close()
	emails := map[string]string{"short": "x", "long": strings.Repeat("x", 64_000),
		"too long": strings.Repeat("x", 65_000)}
	for account, email := range emails {
		if _, err := app.Publish.Opened(t.Context(),
			ledger.Opened{Account: account, Email: email}); err != nil {
			t.Fatal(err)
		}
	}
	caughtUp(t, app)
	var letters []string
	for l, err := range app.DeadLetters() {
		if err != nil {
			t.Fatal(err)
		}
		letters = append(letters, fmt.Sprint(string(l.Key), " ", l.Stage, ": ", l.Error))
	}
	if len(letters) != 1 || !strings.HasPrefix(letters[0], "too long "+brook.StageApply+": ") ||
		!strings.Contains(letters[0], "Email") ||
		!strings.Contains(letters[0], "the store takes 64971") {
		t.Errorf("letters %q", letters)
	}
	for account, email := range emails {
		found, err := brook.Values(app.Views.Accounts.EmailIndex().All(email))
		if want := account != "too long"; err != nil || want != (len(found) == 1) {
			t.Errorf("%s: %d rows are found, %v", account, len(found), err)
		}
	}
}
