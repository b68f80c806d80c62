package kafkadriver

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Option changes how a driver works.
type Option func(*options) error

type options struct {
	partitions  int32 // of topics that the driver creates; 0: it creates none
	replication int16
	inFlight    int64
	log         *slog.Logger
	heldFor     time.Duration // after which an open transaction is logged
}

// heldFor is longer than healthy transactions take. Brokers abort others after their producer's
// timeout, most often a minute.
const heldFor = 30 * time.Second

// defaultInFlight holds some hundred thousand records of the usual size.
const defaultInFlight = 64 << 20

// CreateTopics makes the driver create topics that do not exist when they are first named, with so
// many partitions and replicas. Without it, a topic that does not exist is an error that names it.
func CreateTopics(partitions, replication int) Option {
	return func(o *options) error {
		if partitions < 1 || partitions > 100_000 || replication < 1 || replication > 1000 {
			return fmt.Errorf("CreateTopics(%d, %d): a topic needs one partition and one replica "+
				"at least", partitions, replication)
		}
		o.partitions, o.replication = int32(partitions), int16(replication)
		return nil
	}
}

// InFlight sets how many bytes of records may be on their way to the brokers, 64 MiB by default.
// Publish waits while the limit is reached. A single call that is larger goes alone.
func InFlight(bytes int) Option {
	return func(o *options) error {
		if bytes < 1 {
			return fmt.Errorf("InFlight(%d): it needs some room", bytes)
		}
		o.inFlight = int64(bytes)
		return nil
	}
}

// Log sets where the driver logs what users should know and no call can return, such as an open
// transaction that holds a partition up. The default is slog.Default().
func Log(log *slog.Logger) Option {
	return func(o *options) error {
		if log == nil {
			return errors.New("Log(nil): leave the option out, or give " +
				"slog.New(slog.DiscardHandler)")
		}
		o.log = log
		return nil
	}
}
