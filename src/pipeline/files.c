/* SPDX-License-Identifier: ISC */
/*
 * Owns the way of what zone files say to the zone and to mDNS.
 * Never reads a file.
 */
#include "base/err.h"
#include "pipeline/inside.h"

int files_put_owner(struct pipeline *p, const struct static_owner *owner)
{
	if (owner->is_local)
		return local_put_static(p, owner, owner->count);
	int err = unicast_put(p, ZONE_STATIC, owner->name, owner->sets, owner->count);
	/* The reverse zone may not be ours yet: see reverse.c. What has left with its zone
	 * needs no removal. */
	return (owner->is_reverse || owner->count == 0) && err == ERR_RANGE ? 0 : err;
}

/* The names of a workload, below the domain; below .local there is one more. */
static const char *const branches[] = {NULL, "wan", "lan"};

/* Makes LABEL.BRANCH.DOMAIN. False: it is too long. */
static bool make_owner(
	const struct pipeline *p, const char *label, const char *branch, struct name *ret)
{
	struct name above;
	name_copy(&above, p->config.policy.domain.wire);
	if (branch && name_prepend(branch, strlen(branch), p->config.policy.domain.wire, &above))
		return false;
	return name_prepend(label, strlen(label), above.wire, ret) == 0;
}

bool files_have_label(const struct pipeline *p, const char *label)
{
	static const uint8_t local[] = {5, 'l', 'o', 'c', 'a', 'l', 0};
	struct name owner;
	for (size_t i = 0; i < ARRAY_LEN(branches); i++)
		if (make_owner(p, label, branches[i], &owner) &&
			zone_has(p->zone, ZONE_STATIC, owner.wire))
			return true;
	return name_prepend(label, strlen(label), local, &owner) == 0 &&
	       statics_find(p, owner.wire);
}

/* The owner may be the name of a guest. */
static void note_label(const struct pipeline *p, const uint8_t *owner)
{
	char label[LABEL_CAP + 1];
	if (label_of(owner, label))
		names_file_changed(p->names, label);
}

int pipeline_put_static(
	struct pipeline *p, const uint8_t *name, const struct rrset *sets, size_t count)
{
	struct static_owner owner = {.name = name, .sets = sets, .count = count};
	owner.is_local = name_is_mdns(name);
	owner.is_reverse = !owner.is_local && name_is_reverse(name) &&
			   !name_is_below(name, p->config.policy.domain.wire);
	int err = owner.is_local || owner.is_reverse ? statics_keep(p, &owner) : 0;
	p->has_new_locals |= owner.is_local;
	note_label(p, name);
	return err ? err : files_put_owner(p, &owner);
}

void pipeline_end_statics(struct pipeline *p)
{
	if (p->has_new_locals) {
		names_say_mdns_again(p->names); /* together with their records of the files */
		/* What was put may depend on a target that has come or gone since. The next flush makes
		 * the index of services, and puts what it changes. */
		p->has_missing_statics = true;
	}
	p->has_new_locals = false;
	p->has_to_leave = p->left.len > 0;
}

int pipeline_expect_statics(struct pipeline *p, size_t names)
{
	return zone_expect(p->zone, names);
}

struct gone {
	struct pipeline *pipeline;
	const struct collection *files;
	int err;
};

static bool is_in_files(void *arg, const uint8_t *owner)
{
	const struct gone *gone = arg;
	bool is_there = collection_find(gone->files, owner);
	if (!is_there)
		note_label(gone->pipeline, owner);
	return is_there;
}

static void take_back_name(void *arg, const uint8_t *owner)
{
	struct gone *gone = arg;
	struct name name;
	if (gone->err || collection_find(gone->files, owner))
		return;
	name_copy(&name, owner); /* `owner` ends in the next step */
	gone->err = pipeline_put_static(gone->pipeline, name.wire, NULL, 0);
}

static void take_back_owner(void *arg, const struct static_owner *owner)
{
	take_back_name(arg, owner->name);
}

/* Removes the records of the old files that the new ones lack. */
static int take_back(struct pipeline *p, struct collection *files)
{
	struct gone gone = {.pipeline = p, .files = files};
	int err = collection_index(files);
	if (!err)
		err = zone_keep(p->zone, ZONE_STATIC, is_in_files, &gone);
	if (!err)
		statics_each_local(p, take_back_owner, &gone);
	if (!err)
		err = statics_each_reverse(p, take_back_name, &gone);
	return err ? err : gone.err;
}

int pipeline_set_files(struct pipeline *p, struct collection *files)
{
	int err = zone_expect(p->zone, collection_zone_count(files));
	if (!err)
		err = take_back(p, files);
	for (size_t i = 0; i < collection_count(files) && !err; i++) {
		const struct static_owner *owner = collection_at(files, i);
		err = pipeline_put_static(p, owner->name, owner->sets, owner->count);
	}
	p->has_new_locals = true;
	pipeline_end_statics(p);
	collection_free(files);
	return err;
}
