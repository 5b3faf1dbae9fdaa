/* SPDX-License-Identifier: ISC */
/*
 * Owns a secondary's part of a transfer for the measurements: requests one over TCP (RFC 5936, RFC
 * 1995), reads it to its end, and prints a summary as JSON.
 * Never keeps the records. Run by bench.py.
 *
 *	fetch ADDR PORT ZONE [SERIAL]   with SERIAL: an IXFR from it; otherwise an AXFR
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asked.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/msg.h"
#include "wire/pack.h"
#include "wire/rr.h"

enum { PREFIX_LEN = 2, PATIENCE_S = 600, SOA_FIXED_LEN = 20 };

static struct fetch {
	int fd;
	bool is_ixfr;
	uint32_t serial;     /* the serial that we claim to have */
	uint32_t new_serial; /* of the first SOA */
	unsigned soas, news; /* SOAs so far; those of them with the new serial */
	bool is_incremental; /* the second record is an SOA (RFC 1995 §4) */
	uint64_t records, messages, bytes;
	uint8_t message[MSG_CAP];
} fetch;

static void connect_to(struct fetch *f, const char *addr, const char *port)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0 || inet_pton(AF_INET, addr, &to.sin_addr) != 1 ||
		setsockopt(f->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
		connect(f->fd, (struct sockaddr *)&to, sizeof(to)))
		asked_die(addr);
}

/* Writes the SOA that carries our serial (RFC 1995 §3); the rest of its rdata does not matter. */
static int pack_serial(struct pack *p, const uint8_t *zone, uint32_t serial)
{
	uint8_t rdata[2 + SOA_FIXED_LEN] = {0}; /* two root names before the numbers */
	const struct pack_rr soa = {zone, RR_SOA, CLASS_IN, 0, rdata, sizeof(rdata)};
	put_u32(rdata + 2, serial);
	return pack_rr(p, SECTION_AUTHORITY, &soa);
}

static void ask(struct fetch *f, const char *zone_text)
{
	uint8_t bytes[PREFIX_LEN + ASKED_LEN_MAX];
	struct name zone;
	struct pack p;
	pack_init(&p, bytes + PREFIX_LEN, ASKED_LEN_MAX, 1, 0);
	if (name_from_text(zone_text, NULL, &zone) ||
		pack_question(&p, zone.wire, f->is_ixfr ? RR_IXFR : RR_AXFR, CLASS_IN) ||
		(f->is_ixfr && pack_serial(&p, zone.wire, f->serial)))
		asked_die("bad zone");
	put_u16(bytes, (uint16_t)p.len);
	if (send(f->fd, bytes, PREFIX_LEN + p.len, MSG_NOSIGNAL) != (ssize_t)(PREFIX_LEN + p.len))
		asked_die("send");
}

static void read_fully(struct fetch *f, uint8_t *bytes, size_t len)
{
	if (len > 0 && recv(f->fd, bytes, len, MSG_WAITALL) != (ssize_t)len)
		asked_die("the transfer breaks off");
}

/* Notes an SOA. True if it was the last record. An AXFR ends with the second SOA of the new serial.
 * In an IXFR each step ends with its new SOA, so the end is also the second one. */
static bool note_soa(struct fetch *f, const struct rr *soa)
{
	if (soa->rdata_len < SOA_FIXED_LEN)
		asked_die("short SOA");
	uint32_t serial = get_u32(soa->rdata + soa->rdata_len - SOA_FIXED_LEN);
	if (f->soas++ == 0)
		f->new_serial = serial;
	if (f->soas == 2 && f->records == 2)
		f->is_incremental = true;
	f->news += serial == f->new_serial;
	return f->news == (f->is_incremental ? 3 : 2) ||
	       (f->is_ixfr && f->news == 1 && serial == f->serial);
}

/* Reads a message of the transfer. False at the end of the transfer. */
static bool take_message(struct fetch *f)
{
	uint8_t prefix[PREFIX_LEN];
	struct msg_header h;
	struct question q;
	struct rr rr;
	bool is_last = false;
	read_fully(f, prefix, sizeof(prefix));
	size_t len = get_u16(prefix);
	read_fully(f, f->message, len);
	f->messages++;
	f->bytes += PREFIX_LEN + len;
	struct rd r = rd_init(f->message, len);
	rd_header(&r, &h);
	for (unsigned i = 0; i < h.qdcount && !r.err; i++)
		rd_question(&r, &q);
	if (r.err || msg_rcode(&h) != RCODE_NOERROR || h.count[SECTION_ANSWER] == 0)
		asked_die("refused, or not a transfer");
	for (unsigned i = 0; i < h.count[SECTION_ANSWER] && !r.err; i++) {
		rd_rr(&r, &rr);
		f->records++;
		if (!r.err && rr.type == RR_SOA)
			is_last = note_soa(f, &rr);
	}
	if (r.err)
		asked_die("malformed");
	return !is_last;
}

int main(int argc, char **argv)
{
	struct fetch *f = &fetch;
	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: fetch ADDR PORT ZONE [SERIAL]\n");
		return 100;
	}
	f->is_ixfr = argc > 4;
	f->serial = f->is_ixfr ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	ns_t start = loop_now();
	connect_to(f, argv[1], argv[2]);
	ask(f, argv[3]);
	while (take_message(f))
		;
	printf("{\"seconds\": %.6f, \"messages\": %llu, \"bytes\": %llu, \"records\": %llu, "
	       "\"serial\": %u, \"incremental\": %s}\n",
		(double)(loop_now() - start) / NS_PER_S, (unsigned long long)f->messages,
		(unsigned long long)f->bytes, (unsigned long long)f->records, f->new_serial,
		f->is_incremental ? "true" : "false");
	return 0;
}
