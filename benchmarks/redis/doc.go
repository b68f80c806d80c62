// Package redis measures runtime/redisstore against bare pipelines. It needs a server:
// scripts/redis run, or BROOK_REDIS set to the address of one that may be filled. "make
// bench-redis" measures with up to 10,000,000 keys, on a server of its own.
package redis
