package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/engine"
	"github.com/brookgen/brookgen/runtime/internal/bytestore"
	"github.com/brookgen/brookgen/runtime/internal/ledger"
	"github.com/brookgen/brookgen/runtime/internal/typed"
	"github.com/brookgen/brookgen/runtime/key"
	"github.com/brookgen/brookgen/runtime/memdriver"
	"github.com/brookgen/brookgen/runtime/pack"
)

// rawPut writes bytes into a table of the ledger behind its back.
func rawPut(t *testing.T, s brook.Store, table string, key, value []byte) {
	t.Helper()
	raw, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/" + table})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(),
		&brook.Batch{Writes: []brook.Write{{Table: raw, Key: key, Value: value}}}); err != nil {
		t.Fatal(err)
	}
}

// rawRows reads a table of the ledger as bytes.
func rawRows(t *testing.T, s brook.Store, table string) map[string]string {
	t.Helper()
	raw, err := s.Table(t.Context(), brook.TableSpec{Name: "ledger/" + table})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for row, err := range s.Latest().Scan(t.Context(), raw, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		rows[string(row.Key)] = string(row.Value.Data.([]byte))
	}
	return rows
}

// older is a shape that accounts may have had.
type older struct {
	moves int8
	gone  []string
	id    string
}

const olderSchema = "{moves int8,gone []string,id string}"

func (o *older) bytes(t *testing.T, shape byte) []byte {
	t.Helper()
	data, err := pack.Append([]byte{shape}, o, func(c *pack.Coder, o *older) {
		c.Struct(3)
		c.Int8(&o.moves)
		pack.Slice(c, &o.gone, (*pack.Coder).String)
		c.String(&o.id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func ledgerOver(t *testing.T, c brook.Config) *ledger.App {
	t.Helper()
	app, err := ledger.NewApp(c, ledger.Books{}, &ledger.Audit{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

func TestOldShapesAreRead(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("new")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	shapes := rawRows(t, s, "1/shapes")
	if got := shapes["accounts\x00\x00\x00\x00\x01"]; got != "{id string,email string,balance int64,moves int,tags []string}" || len(shapes) != 3 {
		t.Errorf("shapes are %q", shapes)
	}
	rawPut(t, s, "1/shapes", []byte("accounts\x00\x00\x00\x00\x07"), []byte(olderSchema))
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "old"),
		(&older{moves: 5, gone: []string{"x"}, id: "old"}).bytes(t, 7))
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "odd"), []byte{9, 0x90})
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "torn"), []byte{1, 0x95, 0xa1})

	h = open(t, config(d, s), &ledger.Audit{})
	h.balance("old", 0, 5)
	h.wait(h.move("old", 3, ""))
	h.balance("old", 3, 6)
	h.balance("new", 0, 0)
	for account, want := range map[string]string{"odd": "no such shape",
		"torn": "the end of the data"} {
		if _, err := h.Views.Accounts.Get(account); err == nil ||
			errors.Is(err, brook.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("account %s: %v", account, err)
		}
	}
	if row := rawRows(t, s, "1/rows/accounts")[string(key.AppendString(nil, "old"))]; row[0] != 1 {
		t.Errorf("what was written again has shape %d", row[0])
	}
}

func TestShapesComeOnce(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	publishLedger(t, d, brook.Emit(ledger.Opened{Account: "a"}))
	for range 3 {
		app := ledgerOver(t, config(d, s))
		if err := errors.Join(app.CatchUp(t.Context()), app.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if shapes := rawRows(t, s, "1/shapes"); len(shapes) != 3 {
		t.Errorf("shapes are %q", shapes)
	}
}

func TestShapeThatCannotBeCarried(t *testing.T) {
	d, s := memdriver.New(), bytestore.New()
	h := open(t, config(d, s), &ledger.Audit{})
	h.opened("a")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	rawPut(t, s, "1/shapes", []byte("accounts\x00\x00\x00\x00\x02"),
		[]byte("{id string,balance string}"))
	rawPut(t, s, "1/rows/accounts", key.AppendString(nil, "b"), []byte("\x02\x92\xa1b\xa19"))
	c := config(d, s)
	c.OnStale = brook.Fail
	app := ledgerOver(t, c)
	const want = "balance: stored as string, which can't become int64"
	if _, err := app.Views.Accounts.Get("b"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Get: %v", err)
	}
	if err := app.Run(t.Context()); !errors.Is(err, brook.ErrStale) ||
		!strings.Contains(err.Error(), "values of accounts: "+want) {
		t.Errorf("Run: %v", err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = ledgerOver(t, config(d, s))
	if err := app.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := brook.Values(app.Views.Accounts.All()); err != nil || len(all) != 1 {
		t.Errorf("rebuilt accounts: %v, %v", all, err)
	}
	if old, now := rawRows(t, s, "1/shapes"), rawRows(t, s, "2/shapes"); len(old) != 0 ||
		len(now) != 3 {
		t.Errorf("shapes are %q, and were %q", now, old)
	}
}

func TestUnknownCodecIsAnError(t *testing.T) {
	type odd struct{ ID string }
	def := typed.Collection[string, odd]{Name: "odd", Shape: "string",
		AppendKey: key.AppendString[string], DecodeKey: key.DecodeString[string]}
	spy := &specs{Store: bytestore.New()}
	c := config(memdriver.New(), spy)
	app, err := engine.NewApp(c, &engine.Definition{Collections: []*brook.Collection{def.Def()},
		Lane: func(*engine.Tx) func(*engine.Delivery) { return func(*engine.Delivery) {} }})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	i := slices.IndexFunc(spy.all,
		func(spec brook.TableSpec) bool { return strings.HasSuffix(spec.Name, "rows/odd") })
	if _, err := spy.all[i].Codec.Append(nil, &odd{}); err == nil ||
		!strings.Contains(err.Error(), "run brookgen again") {
		t.Errorf("Append: %v", err)
	}
	if _, err := spy.all[i].Codec.Append(nil, odd{}); err == nil ||
		!strings.Contains(err.Error(), "none of its values") {
		t.Errorf("Append: %v", err)
	}
}

// specs remembers the tables that it was asked for.
type specs struct {
	*bytestore.Store
	all []brook.TableSpec
}

func (s *specs) Table(ctx context.Context, spec brook.TableSpec) (brook.Table, error) {
	s.all = append(s.all, spec)
	return s.Store.Table(ctx, spec)
}

// rawRowsOf returns the keys of a table, values aside.
func rawRowsOf(t *testing.T, s brook.Store, table string) (keys []string) {
	t.Helper()
	raw, err := s.Table(t.Context(), brook.TableSpec{Name: table})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range s.Latest().Scan(t.Context(), raw, nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(row.Key))
	}
	return keys
}

// publishLedger puts events of the ledger on a log.
func publishLedger(t *testing.T, d brook.Driver, events ...brook.Outgoing) {
	t.Helper()
	app := ledgerOver(t, config(d, newStore()))
	if _, err := app.PublishAll(t.Context(), slices.Values(events)); err != nil {
		t.Fatal(err)
	}
}
