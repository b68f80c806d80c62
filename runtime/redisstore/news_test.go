package redisstore

import "testing"

// What others publish on the channel never makes parseNews panic, nor take memory for rows that the
// payload does not name.
func FuzzNews(f *testing.F) {
	f.Add("7 ")
	f.Add("7 +\x04rows\x02\x01a\x02bc\x05other\x00")
	f.Add("7 +\x04rows\xff\xff\xff\xff\x0f\x01a")
	f.Fuzz(func(t *testing.T, payload string) {
		b, ok := parseNews(payload)
		if len(b.rows) > len(payload) {
			t.Errorf("%d bytes name %d rows", len(payload), len(b.rows))
		}
		if ok && !b.known && len(b.rows) > 0 {
			t.Errorf("rows of which nothing is known: %+v", b)
		}
	})
}
