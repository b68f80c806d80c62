package redisstore_test

import (
	"testing"

	brook "github.com/brookgen/brookgen/runtime"
	"github.com/brookgen/brookgen/runtime/redisstore"
	"github.com/brookgen/brookgen/runtime/storetest"
	"github.com/redis/go-redis/v9"
)

func TestStore(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		c := connect(t)
		storetest.Run(t, func(t *testing.T) brook.Store {
			return open(t, c, apart(t))
		}, storetest.Remote())
	})
}

func TestStoreFaulty(t *testing.T) {
	c := client(t)
	storetest.Run(t, func(t *testing.T) brook.Store {
		return storetest.Faulty(open(t, c, apart(t)), storetest.NewFault(storetest.Fail, 0))
	}, storetest.Remote())
}

// A new process has nothing of the one before but the server.
func TestStoreReopened(t *testing.T) {
	each(t, func(t *testing.T, connect func(testing.TB) redis.UniversalClient) {
		storetest.RunReopen(t, func(t *testing.T) (brook.Store, func() brook.Store) {
			prefix := apart(t)
			return open(t, connect(t), prefix), func() brook.Store {
				return open(t, connect(t), prefix)
			}
		}, storetest.Remote())
	})
}

// Through a network that loses replies the store is still one.
func TestStoreOverLossyNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("many connections are broken and made")
	}
	server := client(t)
	storetest.Run(t, func(t *testing.T) brook.Store {
		p := newProxy(t, server.Options().Addr)
		c := redis.NewClient(&redis.Options{Addr: p.addr, MaxRetries: 20, MinRetryBackoff: -1,
			MaxRetryBackoff: -1})
		closing(t, c)
		s := open(t, c, apart(t))
		p.loseEvery(40)
		t.Cleanup(func() { p.loseEvery(0) })
		return s
	}, storetest.Remote())
}

// A store whose client the user closes while an app runs does not keep that waiting.
func TestStoreClosed(t *testing.T) {
	server := client(t)
	storetest.RunClosed(t, func(t *testing.T) (brook.Store, func()) {
		prefix := apart(t)
		c := redis.NewClient(server.Options())
		s, err := redisstore.New(t.Context(), c, redisstore.Prefix(prefix))
		if err != nil {
			t.Fatal(err)
		}
		return s, func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
