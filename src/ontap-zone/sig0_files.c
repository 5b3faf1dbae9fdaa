/* SPDX-License-Identifier: ISC */
/*
 * Owns the opening of the files of --sig0-file and --trust, and which records one may have.
 * Never decides what a key may do.
 */
#include "ontap-zone/sig0_files.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/limits.h"
#include "dnssec/sig0.h"
#include "io/file.h"
#include "wire/rr.h"
#include "zonefile/reader.h"

static int take_entry(struct signer_keys *keys, const char *file, const struct zonelist_entry *e,
	struct zonefile_error *error)
{
	const struct rdata rdata = {e->rdata, e->rdata_len};
	const char *wrong = e->type == RR_KEY || e->type == RR_DNSKEY ? sig0_key_wrong(rdata)
								      : "is no KEY and no DNSKEY";
	if (!wrong)
		return signer_keys_add(keys, e->owner, rdata);
	zonefile_fail(error, file, e->line, "%s", wrong);
	return ERR_SYNTAX;
}

int sig0_files_take(struct signer_keys *keys, const char *file, const char *text, size_t len,
	const uint8_t *domain, struct zonefile_error *error)
{
	struct zonelist list = {0};
	struct zonereader_fault fault;
	const struct zonefile_source source = {
		.path = file, .text = text, .len = len, .origin = domain};
	int err = zonereader_read(&list, &source, &fault);
	if (err == ERR_SYNTAX)
		zonefile_fail(error, file, fault.line, "%s", fault.text);
	for (size_t i = 0; i < list.count && !err; i++)
		err = take_entry(keys, file, &list.at[i], error);
	zonelist_fini(&list);
	return err;
}

static int read_one(struct signer_keys *keys, const char *file, const uint8_t *domain,
	struct zonefile_error *error)
{
	struct buf text = {0};
	struct stat st;
	int err = file_read_regular(file, LIMIT_SIG0_FILE, &text, &st);
	if (err && err != ERR_NOMEM) {
		zonefile_fail(error, file, 0, "%s",
			err == ERR_RANGE    ? "is larger than such a file may be"
			: err == ERR_DENIED ? "is not a regular file"
					    : err_text(err));
		err = ERR_SYNTAX;
	}
	if (!err)
		err = sig0_files_take(keys, file, buf_text(&text), text.len, domain, error);
	buf_fini(&text);
	return err;
}

/* Reads the file with that number, and marks its keys with it. */
static int read_numbered(struct signer_keys *keys, const char *file, size_t number,
	const uint8_t *domain, struct zonefile_error *error)
{
	const size_t before = keys->count;
	int err = read_one(keys, file, domain, error);
	for (size_t i = before; i < keys->count; i++)
		keys->at[i].file = (uint16_t)number;
	return err;
}

static int end(struct signer_keys *ret, int err, const struct zonefile_error *why,
	struct conf_error *error)
{
	if (!err)
		return 0;
	snprintf(error->text, sizeof(error->text), "%s", why->text);
	signer_keys_fini(ret);
	return err;
}

int sig0_files_read(struct signer_keys *ret, const struct conf *conf, struct conf_error *error)
{
	const struct options_texts *files = &conf->sig0_files;
	struct zonefile_error why = {"out of memory"};
	int err = 0;
	*ret = (struct signer_keys){0};
	for (size_t i = 0; i < files->count && !err; i++)
		err = read_numbered(ret, files->at[i], i, conf->domain.wire, &why);
	return end(ret, err, &why, error);
}

int trust_files_read(struct signer_keys *ret, const struct conf *conf, struct conf_error *error)
{
	const struct conf_trusts *files = &conf->trusts;
	struct zonefile_error why = {"out of memory"};
	int err = 0;
	*ret = (struct signer_keys){0};
	for (size_t i = 0; i < files->count && !err; i++)
		err = read_numbered(ret, files->at[i].file, i, conf->domain.wire, &why);
	return end(ret, err, &why, error);
}
