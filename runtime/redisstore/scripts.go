package redisstore

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

//go:embed commit.lua
var commitLua string

//go:embed open.lua
var openLua string

//go:embed get.lua
var getLua string

//go:embed count.lua
var countLua string

//go:embed history.lua
var historyLua string

//go:embed scan.lua
var scanLua string

//go:embed drop.lua
var dropLua string

//go:embed hold.lua
var holdLua string

//go:embed release.lua
var releaseLua string

//go:embed held.lua
var heldLua string

// scripts are the server's scripts. They are called by their hashes, and sent if the server
// does not know them.
type scripts struct {
	commit, open, get, count, history, scan, drop, hold, release,
	held *redis.Script
}

func newScripts() scripts {
	return scripts{
		commit: redis.NewScript(commitLua), open: redis.NewScript(openLua),
		get:   redis.NewScript(getLua),
		count: redis.NewScript(countLua), history: redis.NewScript(historyLua),
		scan: redis.NewScript(scanLua),
		drop: redis.NewScript(dropLua), hold: redis.NewScript(holdLua),
		release: redis.NewScript(releaseLua), held: redis.NewScript(heldLua),
	}
}
