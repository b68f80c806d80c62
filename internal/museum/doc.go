// Package museum is a small shop in all versions that its code ever had, with what each of them
// left in the log and in stores: in testdata/museum. Its tests open what was left by every version
// with every later one.
//
// The packages v01, v02 and so on are the versions, each a whole package with its generated code.
// What is in testdata/museum was written by the code of its time and is never written again:
//
//   - log.jsonl is the one log, a record a line, with the version that was in use;
//   - vNN/badger.zip is the store of package badgerstore when the version went out of use, and
//     vNN/redis.txt that of package redisstore, as commands;
//   - vNN/views.txt is what the version showed then.
//
// A store was handed from version to version, as in production. Of the map store there is nothing
// to keep: its state is the log.
//
// To add a version, copy the last package, change it, run go generate in it, add it to the table
// in versions_test.go, and run
//
//	scripts/redis run go test ./internal/museum -run TestRecord -record
//
// which writes what is missing in testdata/museum, and nothing else. Then run the tests with
// -update, which writes testdata/museum/steps.txt, and read the difference.
package museum
