// Package redis measures runtime/redisstore against bare pipelines. It needs a server: scripts/redis run, or BROOK_REDIS set to
// the address of one.
package redis
