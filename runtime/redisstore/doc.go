// Package redisstore keeps views on a Redis server, shared by many processes.
package redisstore
