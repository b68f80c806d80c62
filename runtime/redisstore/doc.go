// Package redisstore keeps an app's views on a Redis server, where many processes share them.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	store, err := redisstore.New(ctx, client)
//	app, err := shop.NewApp(brook.Config{Author: "shop", Driver: driver, Store: store}, shop.Projection{})
//
// Who makes the client closes it. Redis 7 or newer is needed, alone, behind Sentinel, or as a Cluster.
//
// # What it promises
//
// A commit is one script: it checks everything it relies on before its first write, and then writes everything (changes,
// history, indexes, dead letters, positions in the log). Scripts run one at a time, so a commit is seen whole or not at all.
// It carries the ID of its batch, and a view keeps the IDs of its last 4,096 commits: a batch that comes again
// because the reply was lost, sent by the client itself or by the caller, is a success and done once. It also names a commit that came before it.
// Where that one is no longer among those kept, too many others were in between to tell whether the batch was done,
// or a failover took it back: the commit is brook.ErrConflict, and the app reads anew. So does every commit of which a row that was
// read is no longer the same. Any error of the network or the server means "not now"; asked again, the store
// finds out what became of the commit. What trying again can't mend wraps brook.ErrPermanent and ends the app's Run: the client was closed
// ([ErrClosed]), the server came back empty ([ErrLost]), it may evict ([ErrServer]), keys are damaged or of another type ([ErrDamaged]).
//
// Latest reads are one instant each, a scan one per page (16 rows at first, up to 2,048 or about 1 MiB later), in key order and no
// key twice. A history comes in one reply. Each read of a snapshot finds out, in the same step, whether anybody committed
// since, and is brook.ErrSnapshotMoved where that is so. An app then runs the function that reads it again, up to ten times, and
// has commits of all processes held back meanwhile: for 100 ms, up to a second where that is too short, and then commits are free for as
// long. So snapshots of up to a second succeed under constant writes; what takes longer is for a store that is close, as an app of
// another name has over badgerstore or mapstore.
//
// An app asks for the rows that its next events are going to read all at once, a HMGET per 500 rows in one pipeline, so that a batch of
// events costs a few round trips whatever its handlers read. What their scans read is asked for when its turn comes.
//
// Every commit announces the keys of the rows that it wrote, to all processes that have the app open: watchers see changes of others,
// WaitFor hears of positions that others committed, and views that another process rebuilt are read as soon as they are
// the live ones. An announcement has about 32 KiB at most: of tables of which it does not fit, it only says that rows were
// written. Any that is lost shows as a gap in the numbers of commits, and the app then reads where things stand. Each
// open app has one connection for them. Views that were replaced stay for a minute at least, for who did not hear of it.
//
// # What the server has to be like
//
//   - maxmemory-policy is noeviction (or one of the volatile ones, which never take keys like ours, that do not expire). [New]
//     refuses a server that may evict, and a replica; a commit looks at the policy again once a second. A server whose maxmemory is
//     used up refuses commits that add, which are tried again, and takes those that remove: App.Drop works.
//   - Clients that read from replicas (ReadOnly, RouteByLatency, RouteRandomly) are refused, for a read has to see every earlier
//     commit. So is redis.Ring, which moves keys elsewhere when a server is down.
//   - What survives the end of the server itself is the server's configuration. With appendonly yes and appendfsync always a commit
//     that returned is on the disk; with everysec, the default of appendonly, up to a second or two of commits can be
//     lost; with snapshots (save) alone, minutes. Whatever is lost, positions go back together with the rows, because they are in
//     one slot and one stream: the app folds the lost events again, and the views are right.
//     Only emissions are published again, with the same IDs, and effects run again.
//   - Replication is asynchronous: a failover can take back the last commits, likewise whole. To make that rarer, set
//     min-replicas-to-write and min-replicas-max-lag: a master without replicas then refuses commits, which are tried
//     again. WAIT is not used, for it can't take back a commit that no replica has. Until lost events are folded again,
//     views lack what App.WaitFor said that they show. A client that follows Sentinel (redis.NewFailoverClient) needs no more.
//   - ReadTimeout of the client (3 s) has to be longer than the longest commit takes. A context's deadline ends a call under
//     way only where the client has ContextTimeoutEnabled.
//   - With access lists, the user needs the keys and the channel of the pattern {name}* and the commands EVALSHA, EVAL, INFO, TYPE,
//     HGET, HLEN, HSET, HDEL, HMGET, ZADD, ZREM, ZRANGE, ZSCORE, ZLEXCOUNT, ZREMRANGEBYLEX, ZREMRANGEBYSCORE, UNLINK,
//     TIME, SPUBLISH, SSUBSCRIBE and PING. KEYS and SCAN are never used.
//
// # Limits
//
// A commit sends at most 16 MiB (see [Limit]) and 524,288 arguments; more is brook.ErrTooLarge, with nothing written. The server
// answers nobody else while it commits: about 1 µs per row and 10 µs per history entry. Tables of one batch
// are those of one app. A table is dropped in steps of 1,000 rows. A row costs the server about 190 bytes
// beside its value and twice its key, a history entry about 135 beside its bytes, a view half a megabyte for its IDs.
//
// # Layout
//
// This is layout version 1. All keys of a view begin with its hash tag, so that they are in one slot: the app's name, that is what stands
// before the first slash of its tables' names, with the store's [Prefix] in front. T is the rest of a table's name. In both, bytes that
// are no visible ASCII and percent signs are written %XX, braces too in the tag, colons too in T. K
// is a row's key as it is; it ends the name, so no two things share one.
//
//	{name}:view      hash    layout: the version; head: the last commit, 16 bytes of batch ID and its number in decimal;
//	                         held: until when snapshots hold commits back, since when, and how many (milliseconds)
//	{name}:ids       zset    the IDs of the last 4,096 batches, by the numbers of their commits
//	{name}:rows:T    hash    K → 8 bytes of version, then the value as the table's codec wrote it
//	{name}:order:T   zset    each K with score 0, so that they are in the order of their bytes
//	{name}:past:T:K  zset    history of a row, all scores 0: type (length as a varint in front), number of the commit (8 bytes,
//	                         big-endian), number in the commit (4 bytes), then topic, partition, offset, ID, author, cause,
//	                         seconds, nanoseconds, key, data, headers (numbers as varints; texts with their length
//	                         in front, bytes with their length plus one, 0 for nil)
//	{name}:news      sharded channel: number of the commit in decimal, a blank, "+", then T, how many keys, the keys, for each
//	                         table; 0 keys where some are not named, nothing behind the blank where even the tables are too many
//
// Tables without a slash in their names are of the view "", whose tag is {%}. A version is random, so that none comes back after a
// failover; it changes with each write. Everything can be looked at from outside with redis-cli, as in
//
//	redis-cli hlen '{shop}:rows:1/rows/users'
//	redis-cli zrange '{shop}:order:1/rows/users' - + bylex limit 0 10
//
// A runtime that finds a newer layout than it knows refuses the view, also in the middle of its work, with [ErrLayout].
package redisstore
