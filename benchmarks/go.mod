module github.com/brookgen/brookgen/benchmarks

go 1.26.0

replace github.com/brookgen/brookgen => ..

require (
	github.com/brookgen/brookgen v0.0.0-00010101000000-000000000000
	github.com/tinylib/msgp v1.6.5
)

require github.com/philhofer/fwd v1.2.0 // indirect
