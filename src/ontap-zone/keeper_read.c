/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of everything that a configuration names, and the sending of what has changed.
 * Never sends anything before all of it has been read and found right.
 */
#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "io/cmdline.h"
#include "io/exit.h"
#include "io/privilege.h"
#include "io/sandbox.h"
#include "ontap-zone/address_files.h"
#include "ontap-zone/keeper_process.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/sig0_files.h"
#include "ontap-zone/state_dir.h"

/* What a configuration names. */
struct named {
	struct zones zones;
	struct collection *files; /* NULL: the zone files are those that were read last */
	struct owners_sent *sent; /* the same */
	struct address_names addresses;
	struct conf_keys keys;
	struct signer_keys signers, trusted;
	struct cookie_keys cookies;
};

static void named_free(struct named *n)
{
	collection_free(n->files);
	owners_sent_free(n->sent);
	zones_free(&n->zones);
	address_names_fini(&n->addresses);
	tsig_keys_free(n->keys.at, n->keys.count);
	signer_keys_fini(&n->signers);
	signer_keys_fini(&n->trusted);
	explicit_bzero(&n->cookies, sizeof(n->cookies));
	malloc_trim(0); /* a large file was held in many small blocks */
}

static int read_zones(const struct keeper_process *p, const struct conf *conf, struct named *n,
	struct conf_error *error)
{
	int err = zones_find(&n->zones, &conf->zone_files, error);
	n->zones.is_signed = conf->dnssec != CONF_DNSSEC_NO;
	if (err || (p->sent && zones_are_same(&n->zones, &p->zones, &conf->domain)))
		return err;
	err = zones_read(&n->files, &n->zones, &conf->domain, error);
	if (err)
		return err;
	n->sent = owners_sent_new(n->files);
	return n->sent ? 0 : ERR_NOMEM;
}

/* On failure `n` holds nothing. ERR_SYNTAX or ERR_NOMEM: `*error` is filled. */
static int named_read(const struct keeper_process *p, const struct conf *conf,
	const struct log *log, struct named *n, struct conf_error *error)
{
	*n = (struct named){0};
	*error = (struct conf_error){"out of memory"};
	int err = cookie_keys_read(&n->cookies, conf, log, error);
	if (!err)
		err = read_zones(p, conf, n, error);
	if (!err)
		err = address_files_read(&n->addresses, &conf->address_files, error);
	if (!err)
		err = keys_read(&n->keys, conf, log, error);
	if (!err)
		err = sig0_files_read(&n->signers, conf, error);
	if (!err)
		err = trust_files_read(&n->trusted, conf, error);
	if (err)
		named_free(n);
	return err;
}

/* Sending. The channel waits until the other process has room. */

static int say(struct keeper_process *p, enum keeper_say type, const void *bytes, size_t len)
{
	channel_put(&p->channel, type, bytes, len);
	return channel_flush_all(&p->channel);
}

static int say_pieces(struct keeper_process *p, enum keeper_say type, const char *bytes, size_t len)
{
	int err = 0;
	for (size_t done = 0, now; done < len && !err; done += now) {
		now = len - done < KEEPER_PIECE ? len - done : KEEPER_PIECE;
		err = say(p, type, bytes + done, now);
	}
	return err;
}

struct owners_out {
	struct keeper_process *p;
	uint8_t *bytes; /* CHANNEL_MESSAGE_CAP */
	struct wr w;
	int err;
};

static void flush_owners(struct owners_out *out)
{
	if (!out->err && wr_len(&out->w) > 0)
		out->err = say(out->p, SAY_OWNERS, out->bytes, wr_len(&out->w));
	out->w = wr_init(out->bytes, CHANNEL_MESSAGE_CAP);
}

static void tell_too_large(const struct keeper_process *p, const uint8_t *name)
{
	char text[NAME_TEXT_CAP];
	log_error(p->log, "records of zone files not served: name=%s error=\"%s\"",
		name_to_text(name, text), err_text(ERR_RANGE));
}

/* An owner of a zone may have 64 KiB (zone/zone.h): half of a message. */
static void put_owner(void *arg, const uint8_t *name, const struct rrset *sets, size_t count)
{
	struct owners_out *out = arg;
	for (int i = 0; i < 2 && !out->err; i++) {
		const struct wr before = out->w;
		owners_write(&out->w, name, sets, count);
		if (!out->w.err)
			return;
		out->w = before;
		flush_owners(out);
	}
	if (!out->err)
		tell_too_large(out->p, name);
}

/* The names of another domain have left the serving process together with their zone. */
static int say_owners(struct keeper_process *p, const struct named *n, bool has_new_domain)
{
	struct owners_out out = {.p = p, .bytes = malloc(CHANNEL_MESSAGE_CAP)};
	if (!out.bytes)
		return ERR_NOMEM;
	out.w = wr_init(out.bytes, CHANNEL_MESSAGE_CAP);
	owners_each_change(p->sent, n->sent, n->files, put_owner, &out);
	if (has_new_domain)
		owners_each_change(NULL, n->sent, n->files, put_owner, &out);
	flush_owners(&out);
	free(out.bytes);
	return out.err;
}

static int say_secrets(struct keeper_process *p, const struct named *n)
{
	int err = say(p, SAY_COOKIES, &n->cookies, sizeof(n->cookies));
	for (size_t i = 0; i < n->keys.count && !err; i++)
		err = say(p, SAY_KEYS, &n->keys.at[i], sizeof(n->keys.at[i]));
	if (p->channel.out.bytes)
		explicit_bzero(p->channel.out.bytes, p->channel.out.cap);
	return err;
}

static int say_addresses(struct keeper_process *p, const struct address_names *all)
{
	enum { A_PIECE = KEEPER_PIECE / (int)sizeof(*all->at) };
	int err = 0;
	for (size_t done = 0, now; done < all->count && !err; done += now) {
		now = all->count - done < A_PIECE ? all->count - done : A_PIECE;
		err = say(p, SAY_ADDRESSES, all->at + done, now * sizeof(*all->at));
	}
	return err;
}

static int say_signers(
	struct keeper_process *p, enum keeper_say type, const struct signer_keys *all)
{
	return say_pieces(p, type, (const char *)all->at, all->count * sizeof(*all->at));
}

/* Everything but the records, and then these. From then on the other process has it. */
static int say_all(struct keeper_process *p, struct named *n, bool has_file, bool has_new_domain)
{
	const struct keeper_apply apply = {.generation = p->generation, .has_file = has_file};
	int err = say_secrets(p, n);
	if (!err)
		err = say_addresses(p, &n->addresses);
	if (!err)
		err = say_signers(p, SAY_SIGNERS, &n->signers);
	if (!err)
		err = say_signers(p, SAY_TRUSTED, &n->trusted);
	if (!err)
		err = say(p, SAY_APPLY, &apply, sizeof(apply));
	if (!err && n->files)
		err = say_owners(p, n, has_new_domain);
	if (err)
		return err;
	if (n->files) {
		owners_sent_free(p->sent);
		p->sent = n->sent;
		n->sent = NULL;
	}
	zones_free(&p->zones);
	p->zones = n->zones;
	n->zones = (struct zones){0};
	return 0;
}

/* The start. */

static int refuse(struct keeper_process *p, uint32_t code)
{
	(void)!say(p, SAY_REFUSED, &code, sizeof(code));
	return (int)code;
}

static int become(struct keeper_process *p, const struct privilege_user *user)
{
	p->state_dir = state_dir_open(p->conf.state_dir, user);
	if (p->state_dir < 0)
		log_warning(p->log, "state directory: path=\"%s\" error=\"%s\"", p->conf.state_dir,
			err_text(p->state_dir));
	const bool may_empty = privilege_effective() >> CAP_SETPCAP & 1;
	int err = user ? privilege_become(user) : 0;
	privilege_keep_nothing();
	sandbox_hide_memory(); /* there are keys in it */
	if (err)
		log_error(p->log, "cannot change user: uid=%u error=\"%s\"", user->uid,
			err_text(err));
	return err ? err : keeper_confine(p, may_empty);
}

static int say_diary(struct keeper_process *p, uint32_t diary, const struct buf *text)
{
	char piece[sizeof(diary) + 2048];
	const size_t room = sizeof(piece) - sizeof(diary);
	int err = 0;
	memcpy(piece, &diary, sizeof(diary));
	for (size_t done = 0, now; done < text->len && !err; done += now) {
		now = text->len - done < room ? text->len - done : room;
		memcpy(piece + sizeof(diary), buf_text(text) + done, now);
		err = say(p, SAY_DIARY, piece, sizeof(diary) + now);
	}
	return err;
}

static int say_state(struct keeper_process *p, const struct buf diaries[KEEPER_DIARIES])
{
	struct buf serial = {0}, names = {0};
	const char *dir = p->conf.state_dir;
	uint32_t number = 0;
	if (state_dir_read(p->state_dir, dir, "serial", p->log, &serial))
		number = state_dir_serial(&serial, dir, p->log);
	state_dir_read(p->state_dir, dir, "mdns-names", p->log, &names);
	int err = say(p, SAY_SERIAL, &number, sizeof(number));
	if (!err)
		err = say_pieces(p, SAY_NAMES, buf_text(&names), names.len);
	for (unsigned i = 0; i < KEEPER_DIARIES && !err; i++)
		err = say_diary(p, i, &diaries[i]);
	if (!err && p->conf.dnssec != CONF_DNSSEC_NO)
		err = keeper_say_signatures(p);
	buf_fini(&serial);
	buf_fini(&names);
	return err;
}

/* What the state directory has. ERR_DENIED: a file cannot be read, or written; logged. */
static int say_kept(struct keeper_process *p)
{
	struct buf diaries[KEEPER_DIARIES] = {0};
	bool is_good = true;
	for (unsigned i = 0; i < KEEPER_DIARIES && is_good; i++)
		is_good = keeper_read_diary(p, (enum keeper_diary)i, &diaries[i]);
	int err = is_good && keeper_can_keep(p, &p->conf, p->log) ? 0 : ERR_DENIED;
	if (!err)
		err = say(p, SAY_SANDBOX, &p->sandbox, sizeof(p->sandbox));
	if (!err)
		err = say_state(p, diaries);
	for (unsigned i = 0; i < KEEPER_DIARIES; i++)
		buf_fini(&diaries[i]);
	return err;
}

/* Key files and zone files may be readable only before the user is changed. */
int keeper_read_first(struct keeper_process *p, const struct privilege_user *user)
{
	struct named named;
	struct conf_error error;
	int err = named_read(p, &p->conf, p->log, &named, &error);
	if (err) {
		log_error(p->log, "cannot start: error=\"%s\"", error.text);
		return refuse(p, err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM);
	}
	err = become(p, user);
	if (err)
		return refuse(p, EXIT_SYSTEM);
	err = say_kept(p);
	if (err == ERR_DENIED) {
		named_free(&named);
		return refuse(p, EXIT_SYSTEM);
	}
	const uint32_t owners = (uint32_t)collection_zone_count(named.files);
	if (!err)
		err = say(p, SAY_EXPECT, &owners, sizeof(owners));
	if (!err)
		err = say_all(p, &named, false, false);
	if (!err)
		err = say(p, SAY_LOADED, NULL, 0);
	named_free(&named);
	return err ? EXIT_SYSTEM : 0;
}

/* A reload. */

/* Takes over `conf`. */
static void change_conf(struct keeper_process *p, struct conf *conf)
{
	const bool is_same_dir = strcmp(conf->state_dir, p->conf.state_dir) == 0;
	conf_fini(&p->conf);
	p->conf = *conf;
	p->own_log.threshold = (enum log_level)conf->verbosity;
	if (is_same_dir)
		return;
	keeper_close_signatures(p, -ESTALE);
	state_dir_reopen(&p->state_dir, p->conf.state_dir);
	for (unsigned i = 0; i < KEEPER_DIARIES; i++)
		p->diaries[i].len = UINT64_MAX;
}

static int send_again(struct keeper_process *p, struct conf *conf, struct named *named,
	const struct options_file *file)
{
	const bool has_new_domain = !name_equal(conf->domain.wire, p->conf.domain.wire);
	change_conf(p, conf);
	p->generation++;
	int err = file->name ? say_pieces(p, SAY_CONF, file->text, file->len) : 0;
	if (!err)
		err = say_all(p, named, file->name != NULL, has_new_domain);
	named_free(named);
	return err;
}

/* A domain that is signed stays: the names of the former one would be in a zone inside of the new one, or around it,
 * with signatures of the wrong keys for a while. So does one in which the key of this host has its name. */
static bool may_have_domain(
	const struct keeper_process *p, const struct conf *conf, const struct log *log)
{
	const bool has_zones = p->conf.dnssec != CONF_DNSSEC_NO;
	if ((!has_zones && !conf_has_host_key(&p->conf)) ||
		name_equal(p->conf.domain.wire, conf->domain.wire))
		return true;
	log_error(log,
		"not reloaded: key=domain error=\"%s\" note=\"the domain can change at a start "
		"only; "
		"the old configuration stays\"",
		has_zones ? "zones are signed: dnssec" : "the key of this host is named by it");
	return false;
}

/* Returns 1 if something is wrong, which has been logged. */
static int read_again(struct keeper_process *p, const struct log *log)
{
	struct buf text = {0};
	struct options_file file;
	struct conf conf;
	struct named named;
	struct conf_error error;
	int err = 1;
	if (cmdline_read(&file, &conf_table, p->args, &text, log) ||
		cmdline_load_file(&conf, &conf_table, p->args, &file, log) != CMDLINE_GO_ON) {
		log_error(log, "not reloaded: note=\"the old configuration stays\"");
	} else if (!may_have_domain(p, &conf, log)) {
		conf_fini(&conf);
	} else if (named_read(p, &conf, log, &named, &error)) {
		log_error(log, "not reloaded: error=\"%s\" note=\"the old configuration stays\"",
			error.text);
		conf_fini(&conf);
	} else if (!keeper_can_keep(p, &conf, log)) {
		log_error(log, "not reloaded: note=\"the old configuration stays\"");
		named_free(&named);
		conf_fini(&conf);
	} else {
		err = send_again(p, &conf, &named, &file);
	}
	buf_fini(&text);
	return err;
}

int keeper_read_again(struct keeper_process *p)
{
	struct buf told = {0};
	struct log copied = {.fd = p->log->fd, .threshold = p->log->threshold, .copy = &told};
	const uint32_t code = EXIT_USAGE;
	int result = read_again(p, &copied);
	int err = result < 0 ? result : say_pieces(p, SAY_LOG, buf_text(&told), told.len);
	buf_fini(&told);
	if (err)
		return err;
	return result ? say(p, SAY_REFUSED, &code, sizeof(code)) : say(p, SAY_LOADED, NULL, 0);
}
