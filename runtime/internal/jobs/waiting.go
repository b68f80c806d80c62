package jobs

import "container/heap"

// waiting counts the jobs of a partition. The mutex of Board guards it.
type waiting struct {
	jobs    int // that wait, are held up, or are being done
	offsets offsetHeap
}

// add counts a job.
func (w *waiting) add(j *Job) {
	w.jobs++
	if !j.Free {
		heap.Push(&w.offsets, j)
	}
}

// first returns the offset of the first event whose jobs are not all done, or none.
func (w *waiting) first(none int64) int64 {
	for len(w.offsets) > 0 && w.offsets[0].gone {
		heap.Pop(&w.offsets)
	}
	if len(w.offsets) == 0 {
		return none
	}
	return w.offsets[0].Mark().Offset
}

// offsetHeap is jobs by the offset of the event that asked. Jobs that are gone leave it late.
type offsetHeap []*Job

func (h offsetHeap) Len() int           { return len(h) }
func (h offsetHeap) Less(i, j int) bool { return h[i].Mark().Offset < h[j].Mark().Offset }
func (h offsetHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is that of heap.Interface.
func (h *offsetHeap) Push(x any) { *h = append(*h, x.(*Job)) }

// Pop is that of heap.Interface.
func (h *offsetHeap) Pop() any {
	last := len(*h) - 1
	j := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return j
}
