package badgerstore

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// badgerLog is Badger's logger. Badger's information is logged as debugging.
type badgerLog struct {
	log *slog.Logger
	dir string
	// ignored is set when Badger logs that it continues without a damaged table.
	ignored atomic.Pointer[string]
}

func (l *badgerLog) Errorf(format string, args ...any) {
	text := l.print(slog.LevelError, format, args)
	if strings.HasPrefix(text, "Ignoring table") {
		l.ignored.Store(&text)
	}
}

func (l *badgerLog) Warningf(format string, args ...any) { l.print(slog.LevelWarn, format, args) }
func (l *badgerLog) Infof(format string, args ...any)    { l.print(slog.LevelDebug, format, args) }

// Badger writes several lines per commit
func (l *badgerLog) Debugf(string, ...any) {}

func (l *badgerLog) print(level slog.Level, format string, args []any) string {
	if !l.log.Enabled(context.Background(), level) && level < slog.LevelError {
		return ""
	}
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	l.log.Log(context.Background(), level, "badger: "+text, "dir", l.dir)
	return text
}
