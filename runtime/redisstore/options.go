package redisstore

// Option changes how a store works.
type Option func(*config)

type config struct {
	prefix string
	limit  int
}

// defaultLimit keeps a commit from blocking the server, which does one thing at a time, for
// much more than 100 ms.
const defaultLimit = 16 << 20

// Prefix sets a prefix of the names of all views, so that several environments can share a server.
func Prefix(text string) Option { return func(c *config) { c.prefix = text } }

// Limit sets how many bytes one commit may send, 16 MiB by default: a larger one is
// brook.ErrTooLarge. The server answers nobody else while it commits.
func Limit(bytes int) Option { return func(c *config) { c.limit = bytes } }
