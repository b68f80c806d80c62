package redisstore

import "context"

// Erase removes all views whose tables were asked for, as if they had never been.
func (s *Store) Erase(ctx context.Context) error {
	for _, t := range s.tables {
		if err := s.Drop(ctx, t); err != nil {
			return err
		}
	}
	for _, v := range s.views {
		if err := s.client.Unlink(ctx, v.key, v.ids).Err(); err != nil {
			return err
		}
	}
	return nil
}
