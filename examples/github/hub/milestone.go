package hub

import "github.com/brookgen/brookgen/examples/github/webhook"

// Milestone is a milestone of a repository.
//
//brook:collection milestones key=MilestoneKey history=off
type Milestone struct {
	Title  string
	State  State `brook:"index"`
	Open   int
	Closed int
	Due    webhook.Timestamp
}
