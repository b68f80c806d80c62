// Package tuning measures what an operator can set or should count: the tables of docs/tuning.md.
package tuning
