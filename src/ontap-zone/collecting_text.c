/* SPDX-License-Identifier: ISC */
/*
 * Owns the words for states and keys of the collector.
 * Never decides anything.
 */
#include "ontap-zone/collecting_text.h"

#include <stdio.h>

const char *collecting_key_text(
	const uint8_t *signer, uint8_t alg, uint16_t tag, char out[COLLECTING_KEY_CAP])
{
	char name[NAME_TEXT_CAP];
	snprintf(out, COLLECTING_KEY_CAP, "%s/%u/%u", name_to_text(signer, name), alg, tag);
	return out;
}

const char *collecting_state_text(enum collect_state state)
{
	switch (state) {
	case COLLECT_HERE: return "here";
	case COLLECT_SILENT: return "silent";
	case COLLECT_AWAY: return "away";
	case COLLECT_MOVED: return "moved";
	case COLLECT_STATE_COUNT: break;
	}
	return "";
}

const char *collecting_origin_text(enum collect_origin origin)
{
	switch (origin) {
	case COLLECT_OF_FILE: return "file";
	case COLLECT_OF_ZONE: return "zone";
	case COLLECT_OF_FIRST: return "first";
	case COLLECT_OF_NOTHING:
	case COLLECT_ORIGIN_COUNT: break;
	}
	return "";
}

const char *collecting_news_text(enum collect_news_type type)
{
	switch (type) {
	case COLLECT_NEWS_KEY: return "collect-key";
	case COLLECT_NEWS_NAME: return "collect-name";
	case COLLECT_NEWS_STATE: return "collect-state";
	case COLLECT_NEWS_WORD: return "collect-word";
	case COLLECT_NEWS_GONE: return "collect-gone";
	case COLLECT_NEWS_CONFLICT: return "collect-conflict";
	case COLLECT_NEWS_REFUSED: return "collect-refused";
	case COLLECT_NEWS_FULL: return "collect-full";
	case COLLECT_NEWS_OUTSIDE: return "collect-outside";
	case COLLECT_NEWS_COUNT: break;
	}
	return "";
}
