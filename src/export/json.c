/* SPDX-License-Identifier: ISC */
/*
 * Owns the keys of the JSON export: {"records":[{"name","type","view","ttl","data"},…]}.
 * Never changes a key once it was published.
 */
#include "export/jsonw.h"
#include "export/formats.h"
#include "export/text.h"

static const char *view_text(uint8_t view)
{
	return view == VIEW_LAN ? "lan" : view == VIEW_WAN ? "wan" : "any";
}

static void put_record(struct jsonw *w, const struct erecord *r)
{
	char name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	struct buf data = {0};
	export_rdata_text(&data, r->type, r->rdata, r->rdata_len);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "name", name_to_text(r->owner, name));
	jsonw_text(w, "type", rr_type_text(r->type, type));
	jsonw_text(w, "view", view_text(r->view));
	jsonw_number(w, "ttl", r->ttl);
	jsonw_text(w, "data", buf_text(&data));
	jsonw_close(w, '}');
	if (data.err)
		w->out->err = data.err;
	buf_fini(&data);
}

void export_json(struct erecords r, const struct export_options *options, struct buf *out)
{
	unsigned view = options->view ? options->view : VIEW_ANY;
	struct jsonw w = {.out = out, .has_lines = true};
	buf_puts(out, "{");
	jsonw_open(&w, "records", '[');
	for (size_t i = 0; i < r.count; i++)
		if (r.at[i]->view & view)
			put_record(&w, r.at[i]);
	jsonw_close(&w, ']');
	buf_puts(out, "}\n");
}
