package model

import "unicode"

// Unexported makes an exported name unexported: userRegistered, id, urlSeen.
func Unexported(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

// Marker is the method that seals CEvent.
func (c *Collection) Marker() string { return Unexported(c.GoName) + "Event" }
