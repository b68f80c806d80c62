package kafkadriver

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"

	brook "github.com/brookgen/brookgen/runtime"
)

// explain adds to a broker's error what it is about. The result wraps brook.ErrPermanent if
// trying again cannot help.
func explain(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if permanent(err) {
		return fmt.Errorf("kafkadriver: %s: %w: %w", what, err, brook.ErrPermanent)
	}
	return fmt.Errorf("kafkadriver: %s: %w", what, err)
}

// permanent reports whether an error stays until somebody changes rights, topics or records.
func permanent(err error) bool {
	var code sarama.KError
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case sarama.ErrInvalidTopic, sarama.ErrTopicAuthorizationFailed,
		sarama.ErrClusterAuthorizationFailed, sarama.ErrGroupAuthorizationFailed,
		sarama.ErrPolicyViolation, sarama.ErrUnsupportedCompressionType,
		sarama.ErrUnsupportedForMessageFormat, sarama.ErrInvalidReplicationFactor,
		sarama.ErrInvalidPartitions, sarama.ErrInvalidConfig:
		return true
	}
	return refused(err)
}

// unauthorized reports whether a right is missing, which somebody may grant at any time.
func unauthorized(err error) bool {
	var code sarama.KError
	return errors.As(err, &code) &&
		(code == sarama.ErrTopicAuthorizationFailed || code == sarama.ErrClusterAuthorizationFailed)
}

// A missingRight is the error of a record that is not published until somebody grants a right. It
// does not wrap brook.ErrPermanent: the record itself is not refused.
type missingRight struct {
	text string
	code sarama.KError
}

func (e *missingRight) Error() string { return e.text }
func (e *missingRight) Unwrap() error { return e.code }

// ofRecord returns the error of a record that was not published.
func ofRecord(err error) error {
	if !unauthorized(err) {
		return err
	}
	e := &missingRight{text: err.Error()}
	errors.As(err, &e.code)
	return e
}

// refused reports whether a broker rejects a batch because of a record in it.
func refused(err error) bool {
	var code sarama.KError
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case sarama.ErrMessageSizeTooLarge, sarama.ErrMessageSetSizeTooLarge, sarama.ErrInvalidRecord,
		sarama.ErrInvalidTimestamp:
		return true
	}
	return false
}

// mayBeStored reports whether a batch may be stored although sending it returned err.
func mayBeStored(err error) bool {
	var code sarama.KError
	if !errors.As(err, &code) {
		return true // the answer was lost
	}
	switch code {
	case sarama.ErrUnknown, sarama.ErrRequestTimedOut, sarama.ErrNotEnoughReplicasAfterAppend,
		sarama.ErrNetworkException, sarama.ErrDuplicateSequenceNumber:
		return true
	}
	return false
}

// forgotten reports whether a broker does not know, or does not accept, this producer ID any more.
func forgotten(err error) bool {
	var code sarama.KError
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case sarama.ErrOutOfOrderSequenceNumber, sarama.ErrUnknownProducerID,
		sarama.ErrInvalidProducerEpoch, sarama.ErrProducerFenced,
		sarama.ErrInvalidProducerIDMapping:
		return true
	}
	return false
}

func noPartition(topic string, n int32) error {
	return explain(sarama.ErrUnknownTopicOrPartition, "there is no partition %s/%d", topic, n)
}

func noLeader(topic string, n int32) error {
	return explain(sarama.ErrLeaderNotAvailable, "partition %s/%d", topic, n)
}

// errWithdrawn is for records whose caller has returned: nobody reads it.
var errWithdrawn = errors.New("kafkadriver: withdrawn")
