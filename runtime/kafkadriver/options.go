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
	heldFor     time.Duration // after which an open transaction is told
}

// heldFor is longer than transactions take that go on as they should; brokers abort one after its producer's timeout, a minute most often.
const heldFor = 30 * time.Second

// defaultInFlight holds some hundred thousand records of the usual size.
const defaultInFlight = 64 << 20

// CreateTopics makes topics that do not exist when they are first named, with so many partitions and replicas
// each. Without it, a topic that does not exist is an error that names it.
func CreateTopics(partitions, replication int) Option {
	return func(o *options) error {
		if partitions < 1 || partitions > 100_000 || replication < 1 || replication > 1000 {
			return fmt.Errorf("CreateTopics(%d, %d): a topic needs one partition and one replica at least", partitions, replication)
		}
		o.partitions, o.replication = int32(partitions), int16(replication)
		return nil
	}
}

// InFlight is how many bytes of records may be on their way to the brokers, 64 MiB where it is not given. Publish waits
// while there is no room. A single call that is larger goes alone.
func InFlight(bytes int) Option {
	return func(o *options) error {
		if bytes < 1 {
			return fmt.Errorf("InFlight(%d): it needs some room", bytes)
		}
		o.inFlight = int64(bytes)
		return nil
	}
}

// Log is where the driver says what people should know and no call can return, as that an open transaction holds a partition up;
// slog.Default() where it is not given.
func Log(log *slog.Logger) Option {
	return func(o *options) error {
		if log == nil {
			return errors.New("Log(nil): leave the option out, or give slog.New(slog.DiscardHandler)")
		}
		o.log = log
		return nil
	}
}
