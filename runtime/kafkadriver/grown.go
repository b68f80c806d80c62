package kafkadriver

import (
	"context"
	"time"

	brook "github.com/brookgen/brookgen/runtime"
)

// growth is how often, at least, topics are looked at for further partitions.
const growth = 30 * time.Second

// Grown waits until topics of the given partitions have others than these. It looks at them every
// Metadata.RefreshFrequency of the configuration, every 30 s at least; a look that fails is made up for by the next one.
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
		if err := d.alive(ctx); err != nil {
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

// refresh is how long what is known of topics is believed.
func (d *Driver) refresh() time.Duration {
	if f := d.config.Metadata.RefreshFrequency; f > 0 && f < growth {
		return f
	}
	return growth
}
