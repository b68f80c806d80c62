// Package redisstore keeps an app's views on a Redis server, where many processes share them.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	store, err := redisstore.New(ctx, client)
//	config := brook.Config{Author: "shop", Driver: driver, Store: store}
//	app, err := shop.NewApp(config, shop.Projection{})
//
// The caller closes the client. The server is Redis 7 or newer, alone, behind Sentinel,
// or as a Cluster.
//
// # What it promises
//
// A commit is one script: it checks everything it relies on before its first write, and then writes
// everything (changes, history, indexes, dead letters, positions in the log). Scripts run one at a
// time, so a commit is visible as a whole or not at all. It carries the ID of its batch, and a view
// keeps the IDs of its last 4,096 commits: a batch that comes again because the reply was lost,
// sent by the client itself or by the caller, is a success and done once. It also names a commit
// that came before it. If that one is no longer among those kept, too many others came in between
// to know whether the batch was done, or a failover took it back: the commit is brook.ErrConflict,
// and the app reads anew. It does the same if a row that the commit read has changed. Any error
// of the network or the server means "not now": asked again, the store finds out what became of
// the commit. An error that trying again can't cure wraps brook.ErrPermanent and ends the app's
// Run: the client was closed ([ErrClosed]), the server came back empty ([ErrLost]), it may evict
// ([ErrServer]), keys are damaged or of another type ([ErrDamaged]).
//
// Latest reads are one instant each, a scan one per page (16 rows at first, up to 2,048 or about 1
// MiB later), in key order and no key twice. A history comes in one reply. Each read of a snapshot
// checks, in the same step, whether anybody committed since, and is brook.ErrSnapshotMoved if so.
// An app then runs the function that reads it again, up to ten times, and holds the commits of all
// processes back meanwhile: for 100 ms, up to a second if that is too short, and then commits are
// free for as long. So snapshots of up to a second succeed under constant writes; what takes longer
// needs a local store, such as an app of another name over badgerstore or mapstore.
//
// An app fetches the rows that its next events will read all at once, with an HMGET per 500 rows in
// one pipeline, so that a batch of events costs a few round trips whatever its handlers read. Scans
// ask the server when they run.
//
// Every commit announces the keys of the rows that it wrote, to all processes that have the app
// open: watchers see changes of others, WaitFor learns of positions that others committed, and
// views that another process rebuilt are read as soon as they are live. An announcement has about
// 32 KiB at most: for tables whose keys do not fit, it only says that rows were written. A lost
// announcement shows as a gap in the numbers of commits, and the app then reads the state anew.
// Each open app has one connection for them. Replaced views stay for at least a minute, for
// processes that did not hear of it.
//
// # What the server needs
//
//   - maxmemory-policy is noeviction (or one of the volatile ones, which never take keys like ours,
//     that do not expire). [New] refuses a server that may evict, and a replica; a commit checks
//     the policy again once a second. A server whose maxmemory is used up refuses commits that add,
//     which are tried again, and accepts those that remove: App.Drop works.
//   - Clients that read from replicas (ReadOnly, RouteByLatency, RouteRandomly) are refused,
//     because a read has to see every earlier commit. So is redis.Ring, which moves keys elsewhere
//     when a server is down.
//   - What survives the end of the server itself is the server's configuration. With appendonly
//     yes and appendfsync always a commit that returned is on the disk; with everysec, the default
//     of appendonly, up to a second or two of commits can be lost; with snapshots (save) alone,
//     minutes. Whatever is lost, positions go back together with the rows, because they are in
//     one slot and one stream: the app folds the lost events again, and the views are right. Only
//     emissions are published again, with the same IDs, and effects run again.
//   - Replication is asynchronous: a failover can take back the last commits, likewise whole.
//     To make that rarer, set min-replicas-to-write and min-replicas-max-lag: a master without
//     replicas then refuses commits, which are tried again. WAIT is not used, because it can't
//     take back a commit that no replica has. An app notices by its next commit, so at the end of
//     the log by the next event. Until lost events are folded again, views lack what
//     App.WaitFor said that they show. A client that follows Sentinel (redis.NewFailoverClient)
//     needs nothing more.
//   - ReadTimeout of the client (3 s) has to be longer than the longest commit takes. A context's
//     deadline ends a call in progress only if the client has ContextTimeoutEnabled.
//   - With access lists, the user needs the keys and the channel of the pattern {name}* and the
//     commands EVALSHA, EVAL, INFO, TYPE, HGET, HLEN, HSET, HDEL, HMGET, ZADD, ZREM, ZRANGE,
//     ZSCORE, ZLEXCOUNT, ZREMRANGEBYLEX, ZREMRANGEBYSCORE, UNLINK, TIME, SPUBLISH, SSUBSCRIBE and
//     PING. KEYS and SCAN are never used.
//
// # Limits
//
// A commit sends at most 16 MiB (see [Limit]) and 524,288 arguments; more is brook.ErrTooLarge,
// with nothing written. The server answers nobody else while it commits: about 1 µs per row and 10
// µs per history entry. Tables of one batch are those of one app. A table is dropped in steps of
// 1,000 rows. A row costs the server about 190 bytes beside its value and twice its key, a history
// entry about 135 beside its bytes, a view half a megabyte for its IDs.
//
// # Layout
//
// This is layout version 1. All keys of a view begin with its hash tag, so that they are in one
// slot: the app's name, that is what stands before the first slash of its tables' names, with the
// store's [Prefix] in front. T is the rest of a table's name. In both, percent signs and bytes that
// are not visible ASCII are written %XX, braces too in the tag, colons too in T. K is a row's key
// as it is; it ends the name, so no two things share one.
//
//	{name}:view      hash    layout: the version; head: the last commit, 16 bytes of batch ID
//	                         and its number in decimal; held: until when snapshots hold commits
//	                         back, since when, and how many (milliseconds)
//	{name}:ids       zset    the IDs of the last 4,096 batches, by the numbers of their commits
//	{name}:rows:T    hash    K → 8 bytes of version, then the value as the table's codec wrote it
//	{name}:order:T   zset    each K with score 0, so that they are in the order of their bytes
//	{name}:past:T:K  zset    history of a row, all scores 0: type (length as a varint in front),
//	                         number of the commit (8 bytes, big-endian), number in the commit
//	                         (4 bytes), then topic, partition, offset, ID, author, cause, seconds,
//	                         nanoseconds, key, data, headers (numbers as varints; texts with their
//	                         length in front, bytes with their length plus one, 0 for nil)
//	{name}:news      sharded channel: number of the commit in decimal, a blank, "+", then for each
//	                         table T, the number of keys, the keys; 0 keys if some are not named,
//	                         nothing after the blank if even the tables are too many
//
// Tables without a slash in their names are of the view "", whose tag is {%}. A version is random,
// so that none comes back after a failover; it changes with each write. Everything can be inspected
// with redis-cli, as in
//
//	redis-cli hlen '{shop}:rows:1/rows/users'
//	redis-cli zrange '{shop}:order:1/rows/users' - + bylex limit 0 10
//
// A runtime that finds a newer layout than it knows refuses the view, also in the middle of its
// work, with [ErrLayout].
package redisstore
