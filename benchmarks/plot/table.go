package main

import "fmt"

// table is a figure's values.
type table struct {
	categories []string    // that have a value
	series     []string    // that have a value
	color      []int       // of each series, so that one that is missing changes no other's
	value      [][]float64 // by series and category; below 0 where there is none
	largest    float64
	runs       int // the fewest that a value is the median of
}

// table returns the figure's values, or false if no benchmark of it was run.
func (f *figure) table(r *results) (t table, ok bool) {
	t.categories = f.present(r)
	for i, s := range f.series {
		row, some := make([]float64, len(t.categories)), false
		for j, c := range t.categories {
			v, n := s.value(r, c)
			if row[j] = v; n == 0 {
				row[j] = -1
				continue
			}
			some = true
			t.largest = max(t.largest, v)
			if s.published == nil && (t.runs == 0 || n < t.runs) {
				t.runs = n
			}
		}
		if some {
			t.series = append(t.series, s.label)
			t.color, t.value = append(t.color, i), append(t.value, row)
		}
	}
	return t, t.runs > 0
}

// present returns the categories that a benchmark was run for.
func (f *figure) present(r *results) (all []string) {
	for _, c := range f.categories {
		for _, s := range f.series {
			if _, n := s.value(r, c); n > 0 && s.published == nil {
				all = append(all, c)
				break
			}
		}
	}
	return all
}

func (s *series) value(r *results, category string) (v float64, n int) {
	if s.published != nil {
		v, ok := s.published[category]
		if !ok {
			return 0, 0
		}
		return v, 1
	}
	return r.median(fmt.Sprintf(s.bench, category), s.unit)
}
