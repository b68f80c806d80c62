package kafkadriver

import "fmt"

// Option changes how a driver works.
type Option func(*options) error

type options struct {
	partitions  int32 // of topics that the driver creates; 0: it creates none
	replication int16
	inFlight    int64
}

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
