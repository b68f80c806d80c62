// Package templates turns the model of a package into Go source: one emitter per artefact, each
// giving one file. What is clever lives in the runtime; what is written here is names and types.
package templates
