/* SPDX-License-Identifier: ISC */
/*
 * Owns the words of the log about what the collector hears.
 * Never decides anything.
 */
#include "ontap-zone/collecting_log.h"

#include "base/err.h"
#include "io/loop.h"
#include "ontap-zone/collecting_text.h"

static void print(
	const struct log *log, const struct collect_news *news, const char *name, const char *key)
{
	char rival[NAME_TEXT_CAP], addr[ADDR_TEXT_CAP];
	switch (news->type) {
	case COLLECT_NEWS_KEY: log_info(log, "key trusted as the first: key=%s", key); break;
	case COLLECT_NEWS_NAME: log_info(log, "name collected: name=%s key=%s", name, key); break;
	case COLLECT_NEWS_STATE:
		log_info(log, "collected name: name=%s state=%s", name,
			collecting_state_text(news->state));
		break;
	case COLLECT_NEWS_GONE: log_info(log, "collected name is gone: name=%s", name); break;
	case COLLECT_NEWS_CONFLICT:
		log_warning(log,
			"another key wants a collected name: name=%s key=%s owner=%s "
			"note=\"`ontap-zone forget` makes it free\"",
			name, key, news->rival ? name_to_text(news->rival, rival) : "");
		break;
	case COLLECT_NEWS_REFUSED:
		log_warning(log,
			"name not collected: name=%s key=%s note=\"the key may not say it, or it "
			"is taken\"",
			name, key);
		break;
	case COLLECT_NEWS_FULL:
		log_warning(log, "name not collected: name=%s key=%s error=\"there is no room\"",
			name, key);
		break;
	case COLLECT_NEWS_OUTSIDE:
		log_warning(log,
			"collected address not served: name=%s key=%s address=%s note=\"no prefix "
			"of the link, or of collect-prefix, has it\"",
			name, key, addr_format(&news->addr, addr));
		break;
	case COLLECT_NEWS_WORD:
	case COLLECT_NEWS_COUNT: break;
	}
}

void collecting_log_news(struct collecting_log *l, const struct collect_news *news)
{
	char name[LOG_TEXT_CAP] = "", key[COLLECTING_KEY_CAP] = "";
	if (!log_limit_may(&l->limits[news->type], loop_now()))
		return;
	if (news->label)
		log_escape(news->label, name);
	if (news->signer)
		collecting_key_text(news->signer, news->alg, news->tag, key);
	print(l->log, news, name, key);
}

void collecting_log_unasked(struct collecting_log *l, const uint8_t *name, int err)
{
	char text[NAME_TEXT_CAP];
	if (log_limit_may(&l->unasked_limit, loop_now()))
		log_warning(l->log, "a name is not asked for: name=%s error=\"%s\"",
			name_to_text(name, text), err_text(err));
}
