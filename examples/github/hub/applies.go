package hub

// applies reports whether it is known what h did, and to whom.
func (h *StarHook) applies() bool {
	return (h.Action == "created" || h.Action == "deleted") && h.Sender.Known()
}

func (h *MemberHook) applies() bool {
	return (h.Action == "added" || h.Action == "edited" || h.Action == "removed") &&
		h.Member.Known()
}

func (h *LabelHook) applies() bool { return h.Repository != nil }
