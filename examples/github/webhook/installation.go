package webhook

// Installation is the app installation that a delivery is for.
type Installation struct {
	ID     int64  `json:"id"`
	NodeID string `json:"node_id"`
}
