package kafkadriver

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// hedge is how long a broker may take to answer before another is asked as well: the network may
// have lost the request, which shows only after Net.ReadTimeout.
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
		if !d.start(func() {
			response, err := call(d.conn(addr), (*sarama.Broker).GetMetadata,
				sarama.NewMetadataRequest(d.config.Version, names))
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
				return nil, fmt.Errorf("kafkadriver: no broker returned the metadata of topics: %w",
					errors.Join(errs...))
			}
			if asked == len(addrs) {
				continue // others have yet to answer
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

// known returns the addresses of brokers: first those of the latest metadata, then
// those given to Open.
func (d *Driver) known() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Concat(d.clusterAddrs, d.addrs)
}

// learn stores the addresses of the brokers, that of the one which answered first.
func (d *Driver) learn(answered string, response *sarama.MetadataResponse) {
	var (
		addrs      []string
		controller string
	)
	for _, b := range response.Brokers {
		if b.ID() == response.ControllerID {
			controller = b.Addr()
		}
		if b.Addr() == answered {
			addrs = slices.Insert(addrs, 0, answered)
		} else {
			addrs = append(addrs, b.Addr())
		}
	}
	d.mu.Lock()
	gone := slices.ContainsFunc(d.clusterAddrs, func(addr string) bool {
		return !slices.Contains(addrs, addr)
	})
	d.clusterAddrs, d.controller = addrs, controller
	d.mu.Unlock()
	if gone || d.goneInUse.Load() {
		d.freeGone()
	}
}

// freeGone frees what belongs to brokers that have left the cluster, once nobody uses it.
func (d *Driver) freeGone() {
	addrs := d.known()
	gone := func(addr string) bool { return !slices.Contains(addrs, addr) }
	left := d.reading.prune(gone)
	left = d.writing.prune(gone) || left
	d.mu.Lock()
	var conns []*conn
	for addr, c := range d.conns {
		if gone(addr) {
			delete(d.conns, addr)
			conns = append(conns, c)
		}
	}
	d.mu.Unlock()
	for _, c := range conns {
		c.close()
	}
	d.goneInUse.Store(left)
}
