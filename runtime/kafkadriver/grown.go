package kafkadriver

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// growthCheck is the longest interval at which topics are checked for further partitions.
const growthCheck = 30 * time.Second

// Grown waits until the topics of the given partitions have other partitions than these. It checks
// every Metadata.RefreshFrequency of the configuration, at least every 30 s. A check that fails is
// repeated at the next interval.
func (d *Driver) Grown(ctx context.Context, known []brook.Partition) error {
	count := map[string]int{}
	log := map[string]string{}
	var names []string
	for _, p := range known {
		if count[p.Topic] == 0 {
			names = append(names, p.Topic)
		}
		count[p.Topic]++
		log[p.Topic] = p.Log
	}
	for {
		found, _, err := d.lookup(ctx, names)
		if err := d.checkOpen(ctx); err != nil {
			return err
		}
		if err == nil {
			for name, t := range found {
				if len(t.leaders) != count[name] || t.log() != log[name] {
					return nil
				}
			}
		}
		if err := d.pause(ctx, d.refresh()); err != nil {
			return err
		}
	}
}

// refresh returns how long metadata of topics counts as fresh.
func (d *Driver) refresh() time.Duration {
	if f := d.config.Metadata.RefreshFrequency; f > 0 && f < growthCheck {
		return f
	}
	return growthCheck
}
