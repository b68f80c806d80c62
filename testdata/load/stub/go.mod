module github.com/brookgen/brookgen

go 1.26.0
