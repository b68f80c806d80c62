package badgerstore

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
)

// badgerLog is Badger's logger. What it calls information is for debugging here.
type badgerLog struct {
	log *slog.Logger
	dir string
	// ignored is set where Badger says that it goes on without a damaged table.
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
func (l *badgerLog) Debugf(string, ...any)               {} // several lines a commit

func (l *badgerLog) print(level slog.Level, format string, args []any) string {
	if !l.log.Enabled(context.Background(), level) && level < slog.LevelError {
		return ""
	}
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	l.log.Log(context.Background(), level, "badger: "+text, "dir", l.dir)
	return text
}
