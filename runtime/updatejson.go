package brook

import "encoding/json"

// updateJSON is an Update as it stands in JSON.
type updateJSON[K comparable, V any] struct {
	Key     K    `json:"key"`
	Present bool `json:"present"`
	Value   *V   `json:"value,omitempty"`
	Missed  bool `json:"missed,omitempty"`
}

// MarshalJSON returns u as its type describes it.
func (u Update[K, V]) MarshalJSON() ([]byte, error) {
	j := updateJSON[K, V]{Key: u.Key, Present: u.Present, Missed: u.Missed}
	if u.Present {
		j.Value = &u.Value
	}
	return appendJSON(j)
}

// UnmarshalJSON sets u to what MarshalJSON returned. Members that are not known are passed over.
func (u *Update[K, V]) UnmarshalJSON(data []byte) error {
	var j updateJSON[K, V]
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*u = Update[K, V]{Key: j.Key, Present: j.Present, Missed: j.Missed}
	if j.Present && j.Value != nil {
		u.Value = *j.Value
	}
	return nil
}
