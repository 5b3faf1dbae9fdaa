/* SPDX-License-Identifier: ISC */
/*
 * The rules file of ontapd: which user may ask for which devices.
 *
 *	# allow|deny  user NAME | group NAME | *   TYPE  MODE  PARENT  [NAMES [ADDRS] [addr=…] [gateway=…] [host]]
 *	allow user alice macvtap bridge eth0
 *	deny  group guests * * *
 *	allow group kvm ipvtap l2 * vm-*,test
 *	allow * veth * br0 web addr=192.0.2.5/24 gateway=192.0.2.1
 *
 * The first matching rule decides. If no rule matches, the request is denied. MODE may be both
 * words of an ipvlan mode, or one of them ("l2" matches "l2,private" too). NAMES are patterns. An
 * allow rule matches an alias if every name in it matches one of the patterns; a deny rule matches
 * if any name does. ADDRS is what a guest that configures itself may claim (guest/policy.h): "dhcp,slaac" if it is
 * missing; NAMES is * then, for any. addr= and gateway= are what a device with that one name gets
 * (device/fixed.h). host: the rule allows links in the namespace of ontapd, too.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "device/fixed.h"
#include "device/type.h"
#include "guest/policy.h"

enum { RULE_NAMES_CAP = 64 };

enum rule_who { RULE_ANYBODY, RULE_USER, RULE_GROUP };

struct rule {
	unsigned line; /* in the file */
	bool is_allow;
	enum rule_who who;
	uint32_t id; /* of the user or group */
	bool is_any_type;
	enum device_type type;
	char mode[DEVICE_MODE_CAP];       /* "*": any */
	char parent[IF_NAMESIZE];         /* "*": any */
	char names[RULE_NAMES_CAP];       /* patterns separated by commas; "": any */
	struct guest_policy guest_policy; /* ADDRS, or the default */
	struct device_fixed fixed;        /* of an allow rule with one name */
	bool has_host;                    /* an allow rule for links in our own namespace, too */
};

struct rules {
	struct rule *at;
	size_t count, cap;
};

/* Who asks, and which device is asked for. */
struct rule_question {
	uid_t uid;
	const gid_t *groups; /* all groups of the caller, including the primary */
	size_t group_count;
	enum device_type type;
	struct device_mode mode;
	const char *parent;
	const char *alias; /* names separated by spaces or commas; "": none */
	bool is_in_host; /* a link in our own namespace, to which its addresses and routes would come */
};

/* Finds the id of a user (`is_group` false) or of a group by its name. ERR_ABSENT and others. */
typedef int rules_lookup_fn(void *arg, bool is_group, const char *name, uint32_t *ret);

/* An error in a rules file. */
struct rules_error {
	unsigned line;
	char text[120];
};

/* Reads the content of a rules file. ERR_SYNTAX with `*error`, ERR_NOMEM. */
int rules_parse(struct rules *ret, const char *text, size_t len, rules_lookup_fn *lookup, void *arg,
	struct rules_error *error) NONNULL_ARGS(1, 2, 4, 6) MUSTCHECK;
void rules_fini(struct rules *rules) NONNULL;

/* Returns the first rule that matches, or NULL. Borrowed. */
const struct rule *rules_find(const struct rules *rules, const struct rule_question *q) NONNULL;

/* Returns the fixed addresses that a device has which was made with such addresses before: those of the
 * first allow rule with addresses that fits, whatever groups its user has, which are not known any more.
 * None if there is no such rule now. */
struct device_fixed rules_find_fixed(
	const struct rules *rules, const struct rule_question *q) NONNULL;
