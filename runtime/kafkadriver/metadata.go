package kafkadriver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// hedge is how long a broker may take to tell where topics are before another is asked as well: the network may have swallowed the question,
// which shows after Net.ReadTimeout only.
const hedge = 2 * time.Second

// metadata asks one broker after another, first the one that answered last time.
func (d *Driver) metadata(names []string) (*sarama.MetadataResponse, error) {
	type answer struct {
		addr     string
		response *sarama.MetadataResponse
		err      error
	}
	var (
		addrs   = d.known()
		answers = make(chan answer, len(addrs))
		asked   = 0
		errs    []error
	)
	next := func() {
		addr := addrs[asked]
		asked++
		if !d.begin(func() {
			response, err := call(d.link(addr), (*sarama.Broker).GetMetadata, sarama.NewMetadataRequest(d.config.Version, names))
			if err == nil && len(response.Brokers) == 0 {
				err = errors.New("the broker knows no brokers yet")
			}
			answers <- answer{addr, response, err}
		}) {
			answers <- answer{addr, nil, ErrClosed}
		}
	}
	next()
	timer := time.NewTimer(hedge)
	defer timer.Stop()
	for {
		select {
		case a := <-answers:
			if a.err == nil {
				d.learn(a.addr, a.response)
				return a.response, nil
			}
			errs = append(errs, fmt.Errorf("%s: %w", a.addr, a.err))
			if len(errs) == len(addrs) || d.ctx.Err() != nil {
				return nil, fmt.Errorf("kafkadriver: no broker tells where topics are: %w", errors.Join(errs...))
			}
			if asked == len(addrs) {
				continue // others are still to answer
			}
		case <-timer.C:
			if asked == len(addrs) {
				continue
			}
		}
		next()
		timer.Reset(hedge)
	}
}

// known gives the addresses of brokers: first those that the cluster told, then those that Open was given.
func (d *Driver) known() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Concat(d.told, d.addrs)
}

// learn notes the addresses of brokers, first that of the one which answered.
func (d *Driver) learn(answered string, response *sarama.MetadataResponse) {
	var (
		told  []string
		chief string
	)
	for _, b := range response.Brokers {
		if b.ID() == response.ControllerID {
			chief = b.Addr()
		}
		if b.Addr() == answered {
			told = slices.Insert(told, 0, answered)
		} else {
			told = append(told, b.Addr())
		}
	}
	d.mu.Lock()
	d.told, d.chief = told, chief
	d.mu.Unlock()
}
