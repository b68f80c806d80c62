package brook

// Version is the version of brook: of the runtime, the generator and the adapters, which are
// released together. A version with the suffix -dev is on its way to the release of that number.
// docs/compatibility.md says how a release raises it.
const Version = "0.1.0-dev"
