// Package faulttest holds apps to their promises on real brokers while things go wrong: brokers and
// processes that are killed, leaders that move, networks that break, logs that lose their start,
// records that nobody can read. Afterwards views equal one pass over the log. It has tests alone;
// they need what scripts/kafka and scripts/redis start.
package faulttest
