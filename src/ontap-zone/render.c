/* SPDX-License-Identifier: ISC */
/*
 * Owns the copy of all records for exports, and the thread that makes texts of it.
 * Never decides when, and never opens a file.
 */
#include "ontap-zone/render.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "zone/node.h"

enum {
	/* Slots of the zone's table that are looked at in one piece: some 2000 records, 0.5 ms. */
	SLOTS_A_PIECE = 2048,
	/* So many records are written at once: that takes as long as to start a thread and end it. */
	RECORDS_AT_ONCE = 2000
};

struct render_text {
	int err;
	struct buf text;
};

struct render_job {
	struct export *records;
	bool has_begun; /* the walk */
	struct zone_walk walk;
	struct pipeline_rules rules;
	struct name apex;
	int done_fd;
	size_t count;
	struct render_text *texts;    /* of each format */
	enum export_format formats[]; /* `count` */
};

/* The copy. */

static void add_node(void *arg, const struct node *n)
{
	struct render_job *job = arg;
	if (zone_node_records(n, export_add, job->records))
		export_fail(job->records);
}

/* Those at apexes were added before all others: see copy_some(). */
static void add_inner_node(void *arg, const struct node *n)
{
	if (!(n->flags & NODE_APEX))
		add_node(arg, n);
}

/* Adds the records that the unicast zone does not have: N.local with link-local addresses. */
static void add_linklocal(void *arg, const char *label, const struct rrset *sets, size_t count)
{
	struct name owner;
	if (name_prepend(label, strlen(label), name_local, &owner))
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			export_add(arg, &(struct zone_change){.is_added = true,
						.owner = owner.wire,
						.type = sets[i].type,
						.view = sets[i].view,
						.ttl = sets[i].ttl,
						.rdata = sets[i].rdata[j]});
}

/* Adds what is not in the zone's table. */
static int add_rest(struct render_job *job, const struct pipeline *p)
{
	names_each_linklocal(pipeline_names(p), add_linklocal, job->records);
	return pipeline_rules(p, &job->rules);
}

/* Begins with the apexes. So the serial of a text is that of the state at its start, and if something changes
 * meanwhile, the next text has a later one: who reads it sees that it is another. Returns 1, or 0 if the table
 * is being moved. ERR_NOMEM. */
static int begin_copy(struct render_job *job, struct zone *zone)
{
	export_free(job->records);
	job->records = export_new();
	if (!job->records)
		return ERR_NOMEM;
	job->has_begun = zone_walk_begin(zone, &job->walk);
	if (job->has_begun)
		zone_each_apex(zone, add_node, job);
	return job->has_begun;
}

/* Returns 1 if there is more, 0 at the end. ERR_NOMEM. */
static int copy_some(struct render_job *job, const struct pipeline *p)
{
	struct zone *zone = pipeline_zone(p);
	int begun = job->has_begun ? 1 : begin_copy(job, zone);
	if (begun <= 0)
		return begun < 0 ? begun : 1;
	int more = zone_walk_some(zone, &job->walk, SLOTS_A_PIECE, add_inner_node, job);
	job->has_begun = more != ERR_ABSENT;
	return more == ERR_ABSENT ? 1 : more;
}

/* The texts. */

static void write_texts(struct render_job *job, int err)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct export_options options = {.format = job->formats[i],
			.apex = job->apex.wire,
			.rules = job->rules.list,
			.rule_count = job->rules.count};
		struct render_text *to = &job->texts[i];
		to->err = err ? err : export_write(job->records, &options, &to->text);
	}
	export_free(job->records);
	job->records = NULL;
}

static void *write_in_thread(void *arg)
{
	struct render_job *job = arg;
	const uint64_t one = 1;
	privilege_drop_thread();
	write_texts(job, 0);
	(void)!write(job->done_fd, &one, sizeof(one));
	return NULL;
}

/* Signals are for the main thread. A thread inherits the mask of its creator. */
static int start_thread(struct render *r)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&r->thread, NULL, write_in_thread, r->job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static void join(struct render *r)
{
	uint64_t count;
	pthread_join(r->thread, NULL);
	(void)!read(r->done.fd, &count, sizeof(count));
	r->is_writing = false;
}

static void on_event(void *arg, uint32_t events UNUSED)
{
	struct render *r = arg;
	if (!r->is_writing)
		return;
	join(r);
	r->on_done(r->arg);
}

/* Without a thread, it takes as long as it takes. */
static void write_copy(struct render *r, int err)
{
	r->is_walking = false;
	if (!err && export_count(r->job->records) > RECORDS_AT_ONCE && start_thread(r) == 0) {
		r->is_writing = true;
		return;
	}
	write_texts(r->job, err);
	r->on_done(r->arg);
}

void render_go_on(struct render *r, const struct pipeline *p)
{
	if (!r->is_walking)
		return;
	int more = copy_some(r->job, p);
	if (more <= 0)
		write_copy(r, more < 0 ? more : add_rest(r->job, p));
}

void render_finish(struct render *r, const struct pipeline *p)
{
	while (r->is_walking)
		render_go_on(r, p);
	on_event(r, 0);
}

/* Life. */

int render_init(struct render *r, struct loop *loop, void (*on_done)(void *arg), void *arg)
{
	*r = (struct render){.loop = loop, .on_done = on_done, .arg = arg};
	r->done = (struct loop_watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .on_ready = on_event, .arg = r};
	int err = r->done.fd < 0 ? -errno : loop_add(loop, &r->done, EPOLLIN);
	if (err && r->done.fd >= 0)
		close(r->done.fd);
	if (err)
		r->done.fd = -1;
	return err;
}

void render_fini(struct render *r)
{
	if (r->is_writing)
		join(r);
	render_end(r);
	if (r->done.fd < 0)
		return;
	loop_remove(r->loop, &r->done);
	close(r->done.fd);
	r->done.fd = -1;
}

int render_begin(
	struct render *r, const struct pipeline *p, const enum export_format *formats, size_t count)
{
	struct render_job *job = calloc(1, sizeof(*job) + count * sizeof(*formats));
	struct render_text *texts = calloc(count + 1, sizeof(*texts));
	if (!job || !texts) {
		free(job);
		free(texts);
		return ERR_NOMEM;
	}
	job->texts = texts;
	job->count = count;
	job->done_fd = r->done.fd;
	name_copy(&job->apex, pipeline_domain(p));
	memcpy(job->formats, formats, count * sizeof(*formats));
	r->job = job;
	r->is_walking = true;
	return 0;
}

void render_end(struct render *r)
{
	struct render_job *job = r->job;
	r->job = NULL;
	r->is_walking = false;
	if (!job)
		return;
	for (size_t i = 0; i < job->count; i++)
		buf_fini(&job->texts[i].text);
	free(job->texts);
	free(job->rules.list);
	export_free(job->records);
	free(job);
}

bool render_is_busy(const struct render *r)
{
	return r->job;
}

bool render_has_more(const struct render *r)
{
	return r->is_walking;
}

int render_text(const struct render *r, size_t i, const struct buf **ret)
{
	*ret = &r->job->texts[i].text;
	return r->job->texts[i].err;
}

void render_forget(struct render *r, size_t i)
{
	buf_fini(&r->job->texts[i].text);
}

int render_now(const struct pipeline *p, enum export_format format, unsigned view,
	const uint8_t *apex, struct buf *out)
{
	struct pipeline_rules rules;
	struct export *e = export_new();
	int err = e ? pipeline_rules(p, &rules) : ERR_NOMEM;
	if (!err) {
		zone_each_record(pipeline_zone(p), name_root, export_add, e);
		names_each_linklocal(pipeline_names(p), add_linklocal, e);
		err = export_write(e,
			&(struct export_options){.format = format,
				.view = view,
				.apex = apex,
				.rules = rules.list,
				.rule_count = rules.count},
			out);
		free(rules.list);
	}
	export_free(e);
	return err;
}
