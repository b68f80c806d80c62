package redisstore_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/internal/apptest"
)

func TestAnotherAppOfTheNameDisturbsNobody(t *testing.T) {
	apptest.AnotherApp(t, func(t *testing.T) brook.Store {
		return open(t, client(t), apart(t))
	})
}
