package brooktest_test

import (
	"strings"
	"testing"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/brooktest"
	"github.com/brookgen/brookgen/runtime/internal/keeper"
)

func keep(t brooktest.TB) *brooktest.Scenario[*keeper.App] {
	return brooktest.New(t, func(c brook.Config) (*keeper.App, error) {
		return keeper.NewApp(c, keeper.Users{Refuse: func(name string) bool { return name == "bad" }})
	})
}

func TestTombstone(t *testing.T) {
	t.Parallel()
	s := keep(t)
	s.Given(
		brook.Emit(keeper.UserChanged{ID: "ada"}),
		brook.Emit(keeper.MemberChanged{Org: "a/b", User: -1}),
		brook.Emit(keeper.MemberChanged{Org: "a/b", User: 2}))
	s.When(
		brooktest.Tombstone[keeper.UserChanged]("ada"),
		brooktest.Tombstone[keeper.MemberChanged](keeper.MemberKey{Org: "a/b", User: -1}))
	brooktest.Equal(t, brook.Must(s.App.Views.Users.Has("ada")), false)
	brooktest.Equal(t, len(brook.Must(brook.Map(s.App.Views.Members.All()))), 1)
	brooktest.Equal(t, brooktest.PublishedData[keeper.Left](s), []keeper.Left{{ID: "ada"}})
	brooktest.Equal(t, s.Published()[0].Time, time.Date(2020, 1, 1, 12, 0, 3, 0, time.UTC))

	s.When(brooktest.Tombstone[keeper.UserChanged]("bad"))
	letters := s.DeadLetters()
	brooktest.Equal(t, len(letters), 1)
	brooktest.Equal(t, letters[0].Type, keeper.UserChangedType+brook.TombstoneSuffix)
}

func TestTombstoneRefused(t *testing.T) {
	t.Parallel()
	for want, event := range map[string]brook.Outgoing{
		"a key of string, not of int64":        brooktest.Tombstone[keeper.UserChanged](3),
		"a key of string int64, not of string": brooktest.Tombstone[keeper.MemberChanged]("a/1"),
		"no event of the app's package":        brooktest.Tombstone[keeper.User]("ada"),
		"takes no options": brooktest.With(brooktest.Tombstone[keeper.UserChanged]("ada"),
			brook.WithID("1")),
	} {
		got := run(func(t *fakeT) { keep(t).When(event) })
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
