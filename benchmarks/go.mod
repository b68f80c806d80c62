module github.com/brookgen/brookgen/benchmarks

go 1.26.0

replace github.com/brookgen/brookgen => ..
