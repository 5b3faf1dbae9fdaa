/* SPDX-License-Identifier: ISC */
/*
 * Owns the report of what each process has given up.
 * Never looks at a process: each has looked at itself.
 */
#include "io/privilege.h"
#include "ontap-zone/report_part.h"

static void write_capabilities(struct jsonw *w, const char *key, uint64_t capabilities)
{
	struct buf text = {0};
	privilege_list(capabilities, &text);
	jsonw_text(w, key, buf_text(&text));
	buf_fini(&text);
}

static void write_process(struct jsonw *w, const char *name, const struct sandbox_report *p)
{
	jsonw_open(w, name, '{');
	jsonw_number(w, "uid", p->uid);
	write_capabilities(w, "capabilities", p->caps_effective);
	write_capabilities(w, "bounding", p->caps_bounding);
	jsonw_bool(w, "no_new_privs", p->has_no_new_privs);
	jsonw_bool(w, "seccomp", p->seccomp > 0);
	jsonw_number(w, "landlock", p->landlock);
	jsonw_close(w, '}');
}

void report_sandbox(const struct report *r, struct jsonw *w)
{
	jsonw_open(w, "processes", '{');
	write_process(w, "server", r->server_sandbox);
	write_process(w, "keeper", r->keeper_sandbox);
	write_process(w, "watcher", r->watcher_sandbox);
	if (r->remover_sandbox)
		write_process(w, "remover", r->remover_sandbox);
	if (r->signer_sandbox)
		write_process(w, "signer", r->signer_sandbox);
	if (r->asker_sandbox)
		write_process(w, "asker", r->asker_sandbox);
	if (r->sleeper_sandbox)
		write_process(w, "sleeper", r->sleeper_sandbox);
	jsonw_close(w, '}');
}
