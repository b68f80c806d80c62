// Package brookhttp serves what operators need of an app over HTTP: [Health], which load balancers
// and Kubernetes ask whether it is alive and ready, and [Inspector], pages and a JSON API on which
// people see what it does, and act.
//
//	mux.Handle("/livez", brookhttp.Health(app))
//	mux.Handle("/readyz", brookhttp.Health(app, brookhttp.MaxBehind(time.Minute)))
//
// It uses the standard library only, and no resource of another site.
package brookhttp
