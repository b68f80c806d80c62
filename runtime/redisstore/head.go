package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// head names the newest commit of a view: its number, and the ID of its batch.
type head struct {
	id     string
	number int64
}

// parseHead parses a head. A view without commits has the head "".
func parseHead(text string) (h head, ok bool) {
	if text == "" {
		return h, true
	}
	if len(text) <= 16 {
		return h, false
	}
	n, err := strconv.ParseInt(text[16:], 10, 64)
	return head{text[:16], n}, err == nil
}

// read parses a head that the server returned, and notes it.
func (v *view) read(text string) (head, error) {
	h, ok := parseHead(text)
	if !ok {
		return h, fmt.Errorf("%w: the head of %s is %.40q", ErrDamaged, v.key, text)
	}
	v.saw(h, false)
	return h, nil
}

// head asks the server for the newest head of a view.
func (s *Store) head(ctx context.Context, v *view) (head, error) {
	text, err := s.client.HGet(ctx, v.key, "head").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return head{}, err
	}
	return v.read(text)
}
