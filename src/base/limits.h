/* SPDX-License-Identifier: ISC */
/* Every limit on what strangers can make the daemon hold or do, with its reason. */
#pragma once

enum {
	/* Model: a machine's namespaces, links and addresses are made by its root, but also by whoever
	 * may create user namespaces. At about 600 bytes a link and 120 an address this bounds the
	 * model to some 100 MB. */
	LIMIT_MODEL_NAMESPACES = 65536,
	LIMIT_MODEL_LINKS = 131072,
	LIMIT_MODEL_ADDRS = 262144,

	/* Names: addresses of one name and family in one set. 2 000 AAAA fill a TCP message of 64 KiB;
	 * 120 is far more than any client tries, and keeps buffers on the stack under 4 KiB. */
	LIMIT_HOST_ADDRS = 120,
	/* Names that one address leads back to; the others are left out. More than a dozen help nobody,
	 * and the set must fit into one message. */
	LIMIT_PTR_TARGETS = 12,
	/* How many numbers are tried after NAME- for a name that nobody claims outright. */
	LIMIT_NAME_NUMBER_TRIES = 1000,

	/* Control socket: clients at a time, and what one that watches may be behind, in bytes: ten
	 * thousand changes. They are the administrator's, but a forgotten one must cost little. */
	LIMIT_CONTROL_CLIENTS = 64,
	LIMIT_CONTROL_BACKLOG = 1 << 20,
};

/* Resolve socket: every user of the machine asks there, and the answers are read in his programs. */
enum {
	/* Addresses of an answer: more than any program tries, and not too many for a small stack. */
	LIMIT_RESOLVE_ADDRS = 48,
	/* Bytes of an answer: so many addresses and LIMIT_PTR_TARGETS names, at most 60 and 260 a line. */
	LIMIT_RESOLVE_BYTES = 8192,
	/* Connections that stand open without a request, at some 1 400 bytes each, in all and of one user. A
	 * program sends its request at once: so these are threads that were interrupted just then, of which
	 * there are not many, or connections that somebody holds to be in the way. The longest idle one
	 * gives way to a new one, which is answered all the same. */
	LIMIT_RESOLVE_CLIENTS = 256,
	LIMIT_RESOLVE_USER_CLIENTS = 32,
	/* Seconds that they stand at most. */
	LIMIT_RESOLVE_IDLE_S = 5,
};

/* Multicast DNS: everybody on the link may send, at any rate. */
enum {
	/* Rules of RFC 6762: conflicts in ten seconds before each attempt waits five (§8.1); updates of
	 * a name in a minute (§8.4); bytes of a packet (§17). */
	LIMIT_MDNS_CONFLICTS = 15,
	LIMIT_MDNS_UPDATES = 10,
	LIMIT_MDNS_PACKET = 9000,
	/* Names that start probing on a link in one second, and as many that need no probe (their
	 * reverse names). With an address of each family about 25 fit in a packet of 1 500 bytes, in three
	 * probes and two announcements: some 250 packets a second and family while many names
	 * come up, which a slow Wi-Fi still carries as multicast. */
	LIMIT_MDNS_BATCH = 1024,
	/* Unique records of one name must fit in one probe; a record must fit in one packet. */
	LIMIT_MDNS_OWNER_BYTES = 8000,
	LIMIT_MDNS_RDATA = 8192,
	/* Rdata of a message with its compressed names written in full: two bytes may stand for 255.
	 * A message for which it is not enough was made for that. */
	LIMIT_MDNS_SCRATCH = 32768,
	/* Records that a message proposes (§8.2), or that we do for one name: as many as the bytes of a packet
	 * may hold, at twelve each. */
	LIMIT_MDNS_PROPOSED = LIMIT_MDNS_PACKET / 12,
	/* Bytes of replies not fetched yet; the owner fetches them when one more might not find room. */
	LIMIT_MDNS_OUTBOX = 65536,
	/* Queries that wait for more known answers, half a second each (§7.2), and packets and known
	 * records of each. Beyond that they are answered without suppression. */
	LIMIT_MDNS_CONTINUED = 64,
	LIMIT_MDNS_CONTINUATIONS = 16,
	LIMIT_MDNS_KNOWN = 2048,
	/* Bytes of a reply to a one-shot query that is kept for the next such query: a dozen addresses.
	 * There are two such replies a name at most. */
	LIMIT_MDNS_READY = 512,
	/* Notices not fetched yet. */
	LIMIT_MDNS_NOTICES = 4096,
	/* Highest N in NAME-N. A peer that objects a thousand times objects to all. */
	LIMIT_MDNS_RENAMES = 999,
	/* Names that are not in use and were once renamed for a conflict, at some 400 bytes each, and a
	 * line in a file: they are remembered until so many others are. Above the 10 000 names that one
	 * link may have, which are all not in use for a moment at each start. */
	LIMIT_MDNS_KEPT = 16384,
};

enum {
	/* Files in the directory of namespaces: root's own, but each costs 400 bytes. */
	LIMIT_NETNS_NAMES = 65536,
	/* Ids that are tried for one namespace while others take them from under us. */
	LIMIT_NSID_TRIES = 64,
};

enum {
	/* Aliases followed for one answer, in our own zones: longer chains are loops or mistakes, and
	 * resolvers give up at about that length too. */
	LIMIT_SERVE_CHAIN = 16,
	/* Names in an answer whose addresses are put along with it (RFC 1035 §3.3): so that work for a query
	 * is bounded by more than the size of the reply. */
	LIMIT_SERVE_TARGETS = 32,
	/* TCP connections at a time, at some 300 bytes each while they are idle, and of one source: an IPv4
	 * address or an IPv6 network of 64 bits. RFC 7766 §6.2.2 asks clients for one. */
	LIMIT_TCP_CONNS = 1024,
	/* With more than that many, clients that ask how long they may stay are asked to leave (RFC 7828
	 * §3.3.2): before any has to be closed for another. */
	LIMIT_TCP_CONNS_EASY = 768,
	LIMIT_TCP_SOURCE = 64,
	/* Bytes of a query over TCP; none that we can answer is longer. */
	LIMIT_TCP_QUERY = 4096,
	/* Without a whole query, or answers taken, the connection is closed (RFC 7766 §6.2.3). */
	LIMIT_TCP_IDLE_S = 10,
	/* Networks whose share of replies is counted at a time, 64 KiB a worker: more ask at once only
	 * where somebody makes them up, and then the ones that got the most are those that are kept. */
	LIMIT_RRL_ENTRIES = 4096,
	/* Bytes of what this server calls itself (NSID): it must go into 512 bytes with all else. */
	LIMIT_IDENTITY = 128,
};

/* Host names, and the processes behind them: strangers make both, as many as their user may. */
enum {
	/* UTS namespaces of one network namespace: whoever is root in it may make as many as he likes,
	 * and each would be a name. */
	LIMIT_NS_HOSTNAMES = 64,
	/* Sets of namespaces that processes are in (struct nsproxy), at some 300 bytes each. */
	LIMIT_RELATION_PROXIES = 65536,
	/* Ids that are given, unasked, to namespaces of other user namespaces: a browser has dozens. */
	LIMIT_NSID_ROOTLESS = 1024,
	/* Processes whose end is waited for, by a descriptor each, where there is no other news of it. */
	LIMIT_CENSUS_WITNESSES = 4096,
	/* Names granted by ontapd, at some 300 bytes each: those of 16 parents as full as they may be. */
	LIMIT_GRANTS = 65536,
};

/* Files that the administrator names: more than any real one, so that a wrong name, /dev/zero say, is
 * a message and not the end of memory. A zone file of 64 MiB has about a million records. */
enum {
	LIMIT_CONF_FILE = 1 << 20,
	LIMIT_ZONE_FILE = 64 << 20,
};

/* ontapd: its clients are the members of a group, who may mean well and have a loop in a script. */
enum {
	/* Rules of the rules file, each tried for each request. */
	LIMIT_DEVICE_RULES = 1024,
	LIMIT_DEVICE_RULES_FILE = 1 << 16,
	/* Queues of one tap: the descriptors that one packet can carry are 253 (SCM_MAX_FD), and nobody
	 * has so many processors for one guest. */
	LIMIT_DEVICE_QUEUES = 64,
	/* Connections at a time: three descriptors each. And of one user that is not root: with one device
	 * a connection a user comes to the limit of devices first. */
	LIMIT_DEVICE_CLIENTS = 4096,
	LIMIT_DEVICE_USER_CLIENTS = 512,
	/* A connection that asked for nothing yet is closed after that time. */
	LIMIT_DEVICE_IDLE_S = 10,
	/* Users whose rate of requests is remembered. */
	LIMIT_DEVICE_USERS = 4096,
	/* Namespaces of ontap-zone daemons that are given ids. */
	LIMIT_DEVICE_WATCHERS = 16,
	/* Devices with equal parent and workload, which differ by a number only. */
	LIMIT_DEVICE_INSTANCES = 1024,
	/* Supplementary groups of a caller that rules are matched with (NGROUPS_MAX). */
	LIMIT_DEVICE_GROUPS = 65536,
};

/* Transfers, and updates of other servers: who asks or is told is named in the configuration, but the
 * bytes may be anybody's. */
enum {
	/* Bytes of a TSIG secret. HMAC hashes longer ones than a block (128 bytes of SHA-512) anyway. */
	LIMIT_TSIG_SECRET = 128,
	/* Seconds that clocks may differ (RFC 8945 §10). */
	LIMIT_TSIG_FUDGE_S = 300,
	/* Transfers under way at a time: each holds what is being sent in memory until it is sent. */
	LIMIT_TRANSFERS = 32,
	/* Bytes of one message of a transfer: compression reaches 16 KiB and no further. */
	LIMIT_TRANSFER_MESSAGE = 16384,
	/* The history of a zone, in bytes, for IXFR: at some 400 bytes a change ten thousand changes. Who is
	 * further behind gets the whole zone. And that of all zones together. */
	LIMIT_JOURNAL_ZONE = 4 << 20,
	LIMIT_JOURNAL = 64 << 20,
	/* Clients of a zone of which it is known what they were sent last, where views differ. Others are
	 * sent the whole zone then. */
	LIMIT_JOURNAL_CLIENTS = 16,
	/* A whole zone made ready for AXFR is kept for this long for the next who asks. */
	LIMIT_IMAGE_KEEP_S = 10,
	/* Sets in which the names are listed that are ours in a zone of a primary: some thousand names each,
	 * as each must fit in a message. One message a name, some 1 000 a second: what is more takes
	 * minutes at each start, and is for a transfer. */
	LIMIT_UPDATE_PARTS = 64,
	/* Reverse zones that one primary is sent: each is asked for, and at the default sizes holds up
	 * to 65 536 addresses. */
	LIMIT_UPDATE_ZONES = 256,
	/* Bytes of a file of keys. */
	LIMIT_TSIG_FILE = 1 << 20,
};
