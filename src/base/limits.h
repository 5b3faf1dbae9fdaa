/* SPDX-License-Identifier: ISC */
/* Every limit on what untrusted parties can make the daemon store or do, with the reason for it. */
#pragma once

enum {
	/* Model: root creates a machine's namespaces, links and addresses, but so does anyone who
	 * may create user namespaces. With about 600 bytes per link and 120 per address, this
	 * limits the model to about 100 MB. */
	LIMIT_MODEL_NAMESPACES = 65536,
	LIMIT_MODEL_LINKS = 131072,
	LIMIT_MODEL_ADDRS = 262144,
	/* Strangers are the namespaces of users' user namespaces, and those whose owner is unknown.
	 * Together they get this part of each limit above: one half. So nobody but root can take the
	 * room that root's namespaces need. */
	LIMIT_MODEL_STRANGERS_PART = 2,
	/* And each user gets this part. All of unknown owner count as one user. */
	LIMIT_MODEL_USER_PART = 16,

	/* Names: addresses of one name and family in one set. BIND takes at most 100 records of a
	 * type (max-records-per-type), and refuses the whole transfer of a zone with more. 100 is
	 * also far more than any client tries, and keeps buffers on the stack under 4 KiB. */
	LIMIT_HOST_ADDRS = 100,
	/* The same limit of BIND, for what zone files have: they are served, but there is a warning. */
	LIMIT_TRANSFER_SET = LIMIT_HOST_ADDRS,
	/* PTR records of one address; further names are left out. More than a dozen help nobody,
	 * and the set must fit into one message. */
	LIMIT_PTR_TARGETS = 12,
	/* Names of one link in a namespace that is not the host's: an alias has room for 128, each
	 * of about 450 bytes here, and the owner of the namespace makes any number of links. If
	 * the namespace is not served at all, its names are only shown. */
	LIMIT_FOREIGN_NAMES = 16,
	LIMIT_REFUSED_NAMES = 2,
	/* Names of single addresses of one link (labels, --address-names): to update them takes time
	 * that grows with their square, a few ms at this number. */
	LIMIT_ADDRESS_CLAIMS = 1024,
	/* Names in the files of --address-names together: some 6 MB. And the bytes of one file. */
	LIMIT_ADDRESS_NAMES = 65536,
	LIMIT_ADDRESS_FILE = 4 << 20,
	/* Notifications of the kernel that are read before dumps and files have their turn; and turns
	 * before what has arrived is published. */
	LIMIT_NEWS_BATCH = 256,
	LIMIT_NEWS_TURNS = 64,
	/* VLANs on VLANs: each level takes one pass over all VLANs to find which are on one wire.
	 * The kernel allows a depth of 8 (MAX_NEST_DEV). With other links in between, it may be
	 * greater; VLANs beyond are taken for wires of their own, and for closed ones. */
	LIMIT_VLAN_LEVELS = 16,
	/* How many numbers are tried after NAME- to find a name that nobody claims directly. */
	LIMIT_NAME_NUMBER_TRIES = 1000,

	/* Control socket: clients at a time, those of one user, and how long, in seconds, one stays
	 * that does not ask or does not take its answer. Root has no limit but the first one. A
	 * watching client may fall behind by so many bytes: ten thousand changes. */
	LIMIT_CONTROL_CLIENTS = 64,
	LIMIT_CONTROL_USER_CLIENTS = 16,
	LIMIT_CONTROL_IDLE_S = 60,
	LIMIT_CONTROL_BACKLOG = 1 << 20,
};

/* Resolve socket: every user of the machine may ask there, and their programs read the answers. */
enum {
	/* Addresses in an answer: more than any program tries, and not too many for a small
	 * stack. */
	LIMIT_RESOLVE_ADDRS = 48,
	/* Bytes of an answer: LIMIT_RESOLVE_ADDRS addresses and LIMIT_PTR_TARGETS names, in lines
	 * of at most 60 and 260 bytes. */
	LIMIT_RESOLVE_BYTES = 8192,
	/* Open connections without a request, about 1 400 bytes each: in total and per user. A
	 * program sends its request at once. So such a connection belongs to a thread that was
	 * interrupted just then, which is rare, or somebody keeps it open to block others. A new
	 * connection replaces the one that has been idle longest, and is answered. */
	LIMIT_RESOLVE_CLIENTS = 256,
	LIMIT_RESOLVE_USER_CLIENTS = 32,
	/* Longest time, in seconds, that such a connection stays open. */
	LIMIT_RESOLVE_IDLE_S = 5,
};

/* Multicast DNS: everybody on the link may send as fast as they like. */
enum {
	/* Rules of RFC 6762: conflicts in ten seconds before each attempt waits five (§8.1);
	 * updates of a name in a minute (§8.4); bytes of a packet (§17). */
	LIMIT_MDNS_CONFLICTS = 15,
	LIMIT_MDNS_UPDATES = 10,
	LIMIT_MDNS_PACKET = 9000,
	/* Names that start probing on a link in one second, and the same number of names that need
	 * no probe (their reverse names). With one address of each family, about 25 names fit in a
	 * packet of 1 500 bytes. With three probes and two announcements, that makes about 250
	 * packets per second and family while many names come up, which a slow Wi-Fi still carries
	 * as multicast. */
	LIMIT_MDNS_BATCH = 1024,
	/* Probes have no large record alone, so others may have room for what is usual only: 1500 bytes
	 * without the headers of IPv6 and UDP, and a few to spare. They may cut a longer one. */
	LIMIT_MDNS_PROBE = 1440,
	/* Unique records of one name must fit in one probe; a record must fit in one packet. */
	LIMIT_MDNS_OWNER_BYTES = 8000,
	LIMIT_MDNS_RDATA = 8192,
	/* Packets that wait for the signer, and unicast ones that are signed in a second, at 50 µs each: whoever wants more
	 * gets the rest unsigned. */
	LIMIT_SPOKEN = 512,
	LIMIT_SPOKEN_UNICAST_S = 100,
	/* Public names, each counted on each link: a collector takes so many of a key (LIMIT_COLLECT_KEY_NAMES). */
	LIMIT_PUBLIC_NAMES = 1024,
	/* Of a signature: the owner, a label in local., ten bytes, 18 of data, the longest signer's name, 64. */
	LIMIT_MDNS_SIGNATURE = 71 + 10 + 18 + 255 + 64,
	/* Rdata (in the querier, names as well) of a message with its compressed names written in full: two bytes may stand for
	 * 255. A message that needs more was made to exhaust it. */
	LIMIT_MDNS_SCRATCH = 32768,
	/* Records that a message proposes (§8.2), or that we propose for one name: the most that
	 * fit in a packet, at twelve bytes each. */
	LIMIT_MDNS_PROPOSED = LIMIT_MDNS_PACKET / 12,
	/* Bytes of replies not fetched yet; the owner fetches them when another reply might not
	 * fit. */
	LIMIT_MDNS_OUTBOX = 65536,
	/* Queries that wait for more known answers, half a second each (§7.2), and the packets and
	 * known records of each query. Queries beyond these limits are answered without
	 * known-answer suppression. */
	LIMIT_MDNS_CONTINUED = 64,
	LIMIT_MDNS_CONTINUATIONS = 16,
	LIMIT_MDNS_KNOWN = 2048,
	/* Bytes of a reply to a one-shot query, which is kept for the next such query: a dozen
	 * addresses. Each name has at most two such replies. */
	LIMIT_MDNS_READY = 512,
	/* Notices not fetched yet. */
	LIMIT_MDNS_NOTICES = 4096,
	/* Highest N in NAME-N. A peer that rejects a thousand names would reject any name. */
	LIMIT_MDNS_RENAMES = 999,
	/* Unused names that were once renamed because of a conflict: about 400 bytes each, and a
	 * line in a file. A name is forgotten once this many others are remembered. The limit is
	 * above the 10 000 names that one link may have, because all of them are unused for a
	 * moment at each start. */
	LIMIT_MDNS_KEPT = 16384,
	/* Names that were removed are remembered while peers may have their records, to know
	 * echoes of what was said: as many as may be replaced at once. Half a megabyte. */
	LIMIT_MDNS_RECENT = 1024,
};

/* The querier of multicast DNS: what others say is kept, and strangers may say anything. */
enum {
	/* Bytes of its cache: about 100 000 records, those of 10 000 names with their services. */
	LIMIT_QUERIER_BYTES = 64 << 20,
	/* Each source gets this part of it, about 6 000 records. What has no room is not taken. So no source can remove what
	 * others have said, and one alone leaves them most of the room. */
	LIMIT_QUERIER_PEER_PART = 16,
	/* Questions that are asked at the same time: several for each of 10 000 names. */
	LIMIT_QUERIER_QUESTIONS = 131072,
	/* Seconds that a record stays at most without being said again: RFC 6762 §10 recommends 75 minutes, and nobody shall
	 * have his part of the cache for longer than a day. */
	LIMIT_QUERIER_TTL_S = 86400,
	/* Known answers of one query: as many as a responder like ours keeps. The others are told again. */
	LIMIT_QUERIER_KNOWN = LIMIT_MDNS_KNOWN,
	/* Packets that are sent on a link in a second, and at once: a slow Wi-Fi still carries them as multicast. */
	LIMIT_QUERIER_PACKETS_S = 100,
	LIMIT_QUERIER_BURST = 50,
};

enum {
	/* Files in the directory of namespaces: only root can create them, but each costs 400
	 * bytes. */
	LIMIT_NETNS_NAMES = 65536,
	/* Ids that are tried for one namespace while other programs may take the same ids. */
	LIMIT_NSID_TRIES = 64,
};

enum {
	/* Aliases followed for one answer, in our own zones: longer chains are loops or mistakes,
	 * and resolvers give up at about that length too. */
	LIMIT_SERVE_CHAIN = 16,
	/* Names in an answer whose addresses go into the additional section (RFC 1035 §3.3). The
	 * size of the reply alone does not limit the work for a query enough. */
	LIMIT_SERVE_TARGETS = 32,
	/* Zones with keys: the domain, and reverse zones of global prefixes. The signer has about 2 KiB
	 * for each. One that is not served any more gives up its place, and its key, if no parent was
	 * ever asked for its DS. */
	LIMIT_SIGNED_ZONES = 1024,
	/* Root in a namespace chooses its addresses, so a namespace other than our own, and a guest, gets this
	 * part of them for its reverse zones, and all of these together the other part. */
	LIMIT_SIGNED_NS_PART = 16,
	LIMIT_SIGNED_OTHERS_PART = 2,
	/* Addresses on which DNS is served, each with a socket and a thread for each worker. A
	 * router has fewer. */
	LIMIT_DNS_PLACES = 64,
	/* UDP workers of all addresses together. If a machine has many addresses and CPUs,
	 * further addresses get fewer workers, at least one. */
	LIMIT_DNS_WORKERS = 512,
	/* Ports whose owners are looked for, the one of mDNS among them. */
	LIMIT_OWNED_PORTS = 4,
	/* Other processes' sockets that are reported, for each of these ports: UDP and TCP on
	 * LIMIT_DNS_PLACES addresses. On port 5353, anybody may have sockets; these do not displace
	 * those on port 53. */
	LIMIT_PORT_OWNERS = 128,
	/* TCP connections at a time, in total (about 300 bytes each while idle) and per source: an
	 * IPv4 address or an IPv6 network of 64 bits. RFC 7766 §6.2.2 asks clients for one. */
	LIMIT_TCP_CONNS = 1024,
	/* Descriptors that TCP leaves to all others, where the process may not have many: listening
	 * sockets, links with mDNS, clients of the control sockets, transfers. */
	LIMIT_OTHER_DESCRIPTORS = 256,
	/* Above this number, clients that ask for the keepalive timeout are told to close (RFC 7828
	 * §3.3.2), before the server has to close one connection to accept another. */
	LIMIT_TCP_CONNS_EASY = 768,
	LIMIT_TCP_SOURCE = 64,
	/* Queries of a connection that are answered before other connections have their turn: some
	 * 50 µs. */
	LIMIT_TCP_TURN_QUERIES = 32,
	/* Bytes of a query over TCP; no query that we can answer is longer. */
	LIMIT_TCP_QUERY = 4096,
	/* After this time without a whole query, or without the client reading its answers, the
	 * connection is closed (RFC 7766 §6.2.3). */
	LIMIT_TCP_IDLE_S = 10,
	/* Networks whose replies are counted at a time, 64 KiB per worker. More networks ask at
	 * once only if somebody forges source addresses; then the networks that got the most
	 * replies are kept. */
	LIMIT_RRL_ENTRIES = 4096,
	/* Bytes of this server's name for itself (NSID): it must fit into 512 bytes with everything
	 * else. */
	LIMIT_IDENTITY = 128,
};

/* Host names, and the processes behind them: untrusted users make both, as many as their limits
 * allow. */
enum {
	/* UTS namespaces of one network namespace: root in it may make any number of them, and each
	 * would be a name. */
	LIMIT_NS_HOSTNAMES = 64,
	/* Sets of namespaces that processes are in (struct nsproxy), at some 300 bytes each. Of these, too, a
	 * user gets LIMIT_MODEL_USER_PART, and strangers LIMIT_MODEL_STRANGERS_PART. */
	LIMIT_RELATION_PROXIES = 65536,
	/* Ids that are given, without a request, to namespaces owned by other user namespaces: a
	 * browser has dozens. A user gets LIMIT_MODEL_USER_PART of them. */
	LIMIT_NSID_ROOTLESS = 16384,
	/* Processes whose end is awaited with one descriptor each, if nothing else reports it. */
	LIMIT_CENSUS_WITNESSES = 4096,
	/* Names granted by ontapd, at some 300 bytes each: the names of 16 parents with the most
	 * devices each. */
	LIMIT_GRANTS = 65536,
};

/* Files that the administrator names: larger than any real one. So a wrong file name, for example
 * /dev/zero, gives an error message and does not use up memory. A zone file of 64 MiB has about a
 * million records. */
enum {
	LIMIT_CONF_FILE = 1 << 20,
	/* What a container runtime writes to the plugin: the configuration of one network. */
	LIMIT_CNI_CONFIG = 1 << 20,
	LIMIT_ZONE_FILE = 64 << 20,
	/* What the serving process can make the keeper collect before it is written: the text of an export, of
	 * which a million names need a tenth, and the names chosen after conflicts. */
	LIMIT_EXPORT = 1 << 30,
	LIMIT_STATE_NAMES = 16 << 20,
	/* Signatures that are kept for the next start, whose server has them in memory until all is signed: 88 bytes
	 * each, so those of 650 000 names with an address of each family. Further ones are made anew. */
	LIMIT_SIGNATURES_FILE = 512 << 20,
	/* Files that one pattern may stand for: a directory that is the wrong one is told. */
	LIMIT_ZONE_FILES = 10000,
	/* Records that one $GENERATE makes: as many as a network of 16 bits has addresses. A range
	 * with a digit too many does not use up memory. */
	LIMIT_ZONE_GENERATE = 65536,
	/* Addresses in zone files that get a PTR: some 30 bytes each, which stay in memory.
	 * Networks whose reverse zones are ours are smaller. */
	LIMIT_STATIC_PTRS = 65536,
};

/* ontapd: its clients are the members of a group. They may mean well and still have an endless loop
 * in a script. */
enum {
	/* Rules of the rules file, each tried for each request. */
	LIMIT_DEVICE_RULES = 1024,
	LIMIT_DEVICE_RULES_FILE = 1 << 16,
	/* Fixed addresses of a name: two of each family, while a network is renumbered. */
	LIMIT_DEVICE_FIXED_ADDRS = 4,
	/* Queues of one tap. One packet can carry 253 descriptors (SCM_MAX_FD), and no guest has
	 * this many processors. */
	LIMIT_DEVICE_QUEUES = 64,
	/* Connections at a time, three descriptors each: in total, and per user other than root.
	 * With one device per connection, a user reaches the limit of devices first. */
	LIMIT_DEVICE_CLIENTS = 4096,
	LIMIT_DEVICE_USER_CLIENTS = 512,
	/* Of these, kept free for root: other users must not lock the administrator out. */
	LIMIT_DEVICE_ROOT_CLIENTS = 256,
	/* A connection that holds nothing is closed this long after its last request. */
	LIMIT_DEVICE_IDLE_S = 10,
	/* Ranges of subordinate ids, each looked at for each connection, and bytes of the file: every
	 * user of a large machine. */
	LIMIT_DEVICE_SUBIDS = 16384,
	LIMIT_DEVICE_SUBIDS_FILE = 1 << 20,
	/* Users whose rate of requests is remembered. */
	LIMIT_DEVICE_USERS = 4096,
	/* Namespaces of ontap-zone daemons to which ids are given. */
	LIMIT_DEVICE_WATCHERS = 16,
	/* Kept devices that wait for their parent: as many as a parent may have by default. */
	LIMIT_DEVICE_WISHES = 4096,
	/* Devices with the same parent and workload, which differ only by a number. */
	LIMIT_DEVICE_INSTANCES = 1024,
	/* Supplementary groups of a caller that are matched against rules (NGROUPS_MAX). */
	LIMIT_DEVICE_GROUPS = 65536,
};

/* Guests that ontap-zone listens to. */
enum {
	/* Links: each has a socket, and about 3.5 KiB with what its guest says. A host with more guests would
	 * have other limits first. */
	LIMIT_GUEST_LINKS = 4096,
	/* Hardware addresses behind a port of a bridge that are looked up among the neighbours, when its guest is
	 * first listened to. */
	LIMIT_GUEST_BEHIND = 16,
	/* News of neighbours in a tenth of a second, of a namespace: more than a kernel that looks for each address of a
	 * network has at a time (gc_thresh3 is 1024, and each lasts three seconds). A guest that sends from a million hardware
	 * addresses costs less than a hundredth of a CPU. And so many are read of all namespaces: some 1 µs each. */
	LIMIT_NEIGHBOUR_NEWS = 100,
	LIMIT_NEIGHBOUR_READS = 1000,
	/* Frames of one link at once, and in a second: ten times what a machine says that starts, or a busy LAN. So
	 * one that sends frames without end costs less than a hundredth of a CPU. */
	LIMIT_GUEST_FRAMES = 500,
	LIMIT_GUEST_FRAMES_S = 1000,
};

/* Transfers, and updates of other servers: the configuration names the peers, but the bytes may
 * come from anybody. */
enum {
	/* Bytes of a TSIG secret. HMAC hashes a secret longer than a block (128 bytes for SHA-512)
	 * anyway. */
	LIMIT_TSIG_SECRET = 128,
	/* Seconds that clocks may differ (RFC 8945 §10). */
	LIMIT_TSIG_FUDGE_S = 300,
	/* Transfers in progress at a time: each keeps the data in memory until it is sent. */
	LIMIT_TRANSFERS = 32,
	/* And of one client (an IPv6 network of 64 bits is one): it may be slow in all of them, and the
	 * others must get theirs. Servers ask for a few zones at a time. */
	LIMIT_TRANSFERS_CLIENT = 8,
	/* Bytes of one message of a transfer: compression reaches 16 KiB and no further. */
	LIMIT_TRANSFER_MESSAGE = 16384,
	/* The history of a zone, in bytes, for IXFR: about ten thousand changes of 400 bytes, or of 1 200 in
	 * a signed zone. A client further behind gets the whole zone. Then the limit for all zones together. */
	LIMIT_JOURNAL_ZONE = 12 << 20,
	LIMIT_JOURNAL = 64 << 20,
	/* Clients of a zone for which the server remembers what it sent last, where views differ.
	 * Other clients get the whole zone then. */
	LIMIT_JOURNAL_CLIENTS = 16,
	/* A whole zone prepared for AXFR is kept for this long, for the next client that asks. */
	LIMIT_IMAGE_KEEP_S = 10,
	/* Sets that list our names in a zone of a primary: about a thousand names each, because
	 * each set must fit in a message. An update takes one message per name, at about 1 000 per
	 * second. More names would take minutes at each start, and need a transfer instead. */
	LIMIT_UPDATE_PARTS = 64,
	/* Reverse zones that are sent to one primary. Each is queried, and at the default sizes
	 * contains up to 65 536 addresses. */
	LIMIT_UPDATE_ZONES = 256,
	/* Bytes of a file of keys. */
	LIMIT_TSIG_FILE = 1 << 20,
};

/* Updates from others (RFC 2136): they are signed, but a key may be stolen, or its owner have an endless loop. */
enum {
	/* Bytes of a message over UDP (RFC 6891 §6.2.5: usual is less), and over TCP. */
	LIMIT_UPDATE_UDP = 4096,
	LIMIT_UPDATE_TCP = 65535,
	/* Records of the sections prerequisite and update together: a hundred names with all they
	 * have. */
	LIMIT_UPDATE_RECORDS = 1024,
	/* Messages a second, of all keys, and at once: each costs up to a write to the disk. */
	LIMIT_UPDATES_S = 2000,
	/* Messages that wait for the disk, at most 64 KiB each. */
	LIMIT_UPDATES_WAITING = 256,
	/* Messages of one key that are remembered while they are valid, at some 100 bytes each, and keys: a key that sends
	 * more than 50 messages a second has the last eight seconds at least. And how much a clock may be behind ours when we
	 * start. */
	LIMIT_UPDATES_SEEN = 16384,
	LIMIT_UPDATES_SEEN_KEYS = 4096,
	LIMIT_UPDATES_SLACK_S = 5,
	/* Signatures by key pairs (SIG(0)) that are verified in a second, at 125 µs each: of all clients, of one (an IPv6
	 * network of 64 bits is one), and how many clients are told apart. And how many such updates wait. UDP and TCP have
	 * a half each of the first, and as many each of the last. */
	LIMIT_SIG0_S = 500,
	LIMIT_SIG0_SOURCE_S = 50,
	LIMIT_SIG0_SOURCES = 1024,
	LIMIT_SIG0_WAITING = 64,
	/* Bytes of a file of their keys: about 5 000. For each signature, all of them are looked at. */
	LIMIT_SIG0_FILE = 1 << 20,
	/* Seconds from now to the end of such a signature: nsupdate says 300. */
	LIMIT_SIG0_VALID_S = 3600,
	/* Connections that have sent a part of an update, beyond what any query has. */
	LIMIT_UPDATES_ARRIVING = 64,
	/* Records of a type at a name, and bytes of all of the name. An ontap-zone that updates us lists its names in
	 * sets of a thousand. A node has room for 64 KiB, and the kernel and files have records, too. */
	LIMIT_UPDATE_SET = 2048,
	LIMIT_UPDATE_OWNER = 40960,
	/* Sets that one key has added, and their bytes: a host with a thousand names, which has three sets for each. */
	LIMIT_UPDATE_KEY_SETS = 4096,
	LIMIT_UPDATE_KEY_BYTES = 1 << 20,
	/* And of all keys: some 40 MB of memory, and twice as much of the disk. */
	LIMIT_UPDATE_SETS = 65536,
	LIMIT_UPDATE_BYTES = 16 << 20,
	/* Bytes of the file in which they are kept, between two times that it is made anew; likewise of what is
	 * collected. */
	LIMIT_DIARY_FILE = 128 << 20,
	/* Leases that are granted (RFC 9664), in seconds: a shorter one would be nothing but load; longer ones keep what
	 * nobody renews. RFC 9665 §5 suggests two hours, and 14 days for the key. */
	LIMIT_LEASE_MIN_S = 30,
	LIMIT_LEASE_MAX_S = 86400,
	LIMIT_LEASE_KEY_MAX_S = 14 * 86400,
	/* Services in a registration (RFC 9665): each is looked for by each record. */
	LIMIT_SRP_SERVICES = 64,
	/* Sets with a lease, and their bytes: half of all, because anybody in the lan may register. */
	LIMIT_SRP_SETS = LIMIT_UPDATE_SETS / 2,
	LIMIT_SRP_BYTES = LIMIT_UPDATE_BYTES / 2,
	/* Seconds from the time that a registration says it was signed at until now. */
	LIMIT_SRP_BACKDATE_S = 86400,
	/* Registrations in a second that remove all that a host has: for that, all that updates have added is gone
	 * through. */
	LIMIT_SRP_REMOVALS_S = 10,
};

/* The collector: names that others say over Multicast DNS, signed. Everybody on the link may send; a key may be stolen, or
 * with --trust-first anybody's. */
enum {
	/* Keys, at some 1 KiB each; those that were trusted as the first that came have half of them. */
	LIMIT_COLLECT_KEYS = 4096,
	LIMIT_COLLECT_FIRST_PART = 2,
	/* Names of a key, and of all: some 1 KiB each. Those of keys that came first have half of all, too. */
	LIMIT_COLLECT_KEY_NAMES = LIMIT_PUBLIC_NAMES,
	LIMIT_COLLECT_NAMES = 65536,
	/* Addresses of a name that are said on one link: a host with temporary addresses (RFC 8981) in some prefixes. And
	 * of a name on all links. */
	LIMIT_COLLECT_LINK_ADDRS = 32,
	LIMIT_COLLECT_ADDRS = LIMIT_HOST_ADDRS,
	/* Names of a host that are said for one name at a time: while mDNS renames one, there are two. */
	LIMIT_COLLECT_SPOKEN = 4,
	/* Links on which names are collected: a set of them is one word. */
	LIMIT_COLLECT_LINKS = 64,
	/* Patterns of all keys: each is compared with each new name, some 30 ns. */
	LIMIT_COLLECT_PATTERNS = 8192,
	/* Seconds that a packet is valid: hosts say 180, with what they back-date. And a record's TTL at most: RFC 6762 §10
	 * recommends no longer one. A host that is dead is HERE for as long. */
	LIMIT_COLLECT_VALID_S = 600,
	LIMIT_COLLECT_TTL_S = 4500,
	/* Packets of one key with the same second of inception that are remembered, at 16 bytes each. Then the others of that
	 * second count as seen. */
	LIMIT_COLLECT_SEEN = 256,
	/* Signatures verified in a second, at 125 µs each. A half is for those hosts whose last packet was good: others,
	 * however many, do not take it from them. Of others at once; of one source, and how many sources are told apart. */
	LIMIT_COLLECT_VERIFY_S = 500,
	LIMIT_COLLECT_STRANGERS = 100,
	LIMIT_COLLECT_SOURCE_S = 50,
	LIMIT_COLLECT_SOURCES = 1024,
	/* Hosts whose keys are asked for at a time, those that one source wants, and the seconds that one is. */
	LIMIT_COLLECT_KEYS_ASKED = 64,
	LIMIT_COLLECT_SOURCE_KEYS_ASKED = 4,
	LIMIT_COLLECT_KEY_ASKED_S = 10,
	/* Bytes about names that are gone, until they are written: then the whole file is made anew. */
	LIMIT_COLLECT_GONE = 1 << 20,
};

/* Guests that configure themselves: all bytes are a guest's, or those of strangers on its wire. */
enum {
	/* Bytes of a frame that are read: more than DHCP, DHCPv6 or ND need on any Ethernet. */
	LIMIT_GUEST_FRAME = 2048,
	/* Addresses of a guest and family, claims that were refused included: about 64 bytes each. A host
	 * with temporary addresses (RFC 8981) has about ten. */
	LIMIT_GUEST_ADDRS = 16,
	/* Addresses that ontapd puts on a guest's link, at once (as many as it may have) and in a second after that: each is
	 * a request to the kernel, and news for all that watch links. */
	LIMIT_GUEST_NEW = 2 * LIMIT_GUEST_ADDRS,
	LIMIT_GUEST_NEW_S = 10,
	/* Lines of the log about the addresses of a guest, at once (each comes and goes), and the seconds for one more. */
	LIMIT_GUEST_LINES = 2 * LIMIT_GUEST_NEW,
	LIMIT_GUEST_LINE_S = 12,
	/* Hardware addresses behind a link that are told apart: a guest has one, some have a bridge. */
	LIMIT_GUEST_HWADDRS = 4,
	/* Requests that wait for an answer: several clients in one guest (iPXE and what it starts), both families,
	 * and the seconds that one waits: as long as clients send it again. */
	LIMIT_GUEST_ASKS = 8,
	LIMIT_GUEST_ASK_S = 60,
	/* Prefixes that routers announce for one link, and routers and DHCP servers of it: an organisation may have a
	 * few while it renumbers. */
	LIMIT_GUEST_PREFIXES = 16,
	LIMIT_GUEST_ROUTERS = 8,
	/* Bits that such a prefix has at least: networks get a /32 at most, and a shorter one would let a guest
	 * claim what is far away. */
	LIMIT_GUEST_PREFIX_BITS = 32,
	/* Extension headers of an IPv6 packet: each kind occurs once (RFC 8200 §4.1), one twice. */
	LIMIT_GUEST_EXTENSIONS = 8,
	/* Seconds that an address counts without a lease after the guest was last heard: IPv4, IPv6. */
	LIMIT_GUEST_ARP_S = 3600,
	LIMIT_GUEST_ND_S = 86400,
	/* Seconds that an IPv6 address is tentative: RetransTimer of RFC 4861 §10. */
	LIMIT_GUEST_DAD_S = 1,
	/* Seconds after the guest was heard with an address in which nobody's word that it does not answer counts: less
	 * than the kernel waits for an answer to its last probe (RETRANS_TIME of RFC 4861 §10). */
	LIMIT_GUEST_LOST_S = 1,
	/* Seconds that a guest's hardware address may be seen elsewhere: longer than the echo of a broadcast from an
	 * access point, which moves it until the guest's next frame. */
	LIMIT_GUEST_AWAY_S = 5,
	/* Prefixes and addresses in one rule. */
	LIMIT_GUEST_RULE_PREFIXES = 8,
};
