package redisstore

// Option changes how a store works.
type Option func(*config)

type config struct {
	prefix string
	limit  int
}

// defaultLimit keeps the server, which does one thing at a time, from being held up for much more than 100 ms.
const defaultLimit = 16 << 20

// Prefix is put before the name of every view, so that several environments can share a server.
func Prefix(text string) Option { return func(c *config) { c.prefix = text } }

// Limit is how many bytes one commit may send, 16 MiB where it is not given: what is larger is brook.ErrTooLarge. The server
// answers nobody else while it commits.
func Limit(bytes int) Option { return func(c *config) { c.limit = bytes } }
