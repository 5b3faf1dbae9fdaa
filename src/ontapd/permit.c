/* SPDX-License-Identifier: ISC */
/*
 * Owns the decision whether a request is allowed: form, namespace, rules, limits.
 * Never carries it out.
 */
#include <errno.h>

#include "base/err.h"
#include "base/limits.h"
#include "name/label.h"
#include "ontapd/admit.h"
#include "ontapd/daemon.h"
#include "ontapd/fit.h"

/* --- the rules file ----------------------------------------------------------------------- */

/* The answers to the names in the files, which are asked for in the same order as when they were
 * looked up. */
struct answers {
	const struct lookup_answer *at;
	size_t left;
};

static int next_answer(void *arg, bool is_group UNUSED, const char *name UNUSED, uint32_t *ret)
{
	struct answers *answers = arg;
	if (answers->left == 0)
		return ERR_ABSENT;
	answers->left--;
	const struct lookup_answer *answer = answers->at++;
	if (!answer->err)
		*ret = answer->id;
	return answer->err;
}

static int take_rules(struct daemon *d, const struct lookup_files *files, struct answers *answers)
{
	const char *file = d->settings->rules_file;
	struct rules_error error = {0};
	struct rules rules = {0};
	char what[LOG_TEXT_CAP];
	int err = files->rules_err;
	if (err) {
		log_error(d->log, "rules: file=\"%s\" error=\"%s\"", file, err_text(err));
		return err;
	}
	err = rules_parse(&rules, files->rules, files->rules_len, next_answer, answers, &error);
	if (err) {
		log_error(d->log, "rules: file=\"%s\" line=%u error=%s", file, error.line,
			log_escape(err == ERR_SYNTAX ? error.text : err_text(err), what));
		return err;
	}
	rules_fini(&d->rules);
	d->rules = rules;
	log_info(d->log, "rules: file=\"%s\" count=%zu", file, rules.count);
	return 0;
}

int permit_take_files(struct daemon *d, const struct lookup_files *files)
{
	struct answers answers = {files->answers, files->answer_count};
	struct subids subids;
	int err = d->settings->rules_file ? take_rules(d, files, &answers) : 0;
	if (!err)
		err = subids_parse(
			&subids, files->subids, files->subids_len, next_answer, &answers);
	if (err)
		return err;
	subids_fini(&d->subids);
	d->subids = subids;
	return 0;
}

/* --- one request -------------------------------------------------------------------------- */

static enum device_status check_create(struct job *job)
{
	const struct device_request *req = job->request;
	enum device_status status = fit_choose_type(job);
	if (status)
		return status;
	if (device_mode_parse(job->type, req->mode, &job->mode))
		return job_refuse(job, DEVICE_MALFORMED, "there is no mode \"%s\" of %s", req->mode,
			device_type_text(job->type));
	if (req->ifname[0] && !device_is_name(req->ifname))
		return job_refuse(
			job, DEVICE_MALFORMED, "no link can have the name \"%s\"", req->ifname);
	if (!device_is_alias(req->alias))
		return job_refuse(
			job, DEVICE_MALFORMED, "no link can have the alias \"%s\"", req->alias);
	if (req->queues > 0 && !device_type_is_tap(job->type))
		return job_refuse(
			job, DEVICE_MALFORMED, "%s has no queues", device_type_text(job->type));
	if ((req->flags & DEVICE_KEEP) && (req->flags & DEVICE_CONNECTION))
		return job_refuse(job, DEVICE_MALFORMED, "kept, or gone with the connection?");
	return DEVICE_OK;
}

static enum device_status check_form(struct job *job)
{
	const struct device_request *req = job->request;
	if (req->queues > LIMIT_DEVICE_QUEUES)
		return job_refuse(
			job, DEVICE_LIMIT, "limit: %d queues a device", LIMIT_DEVICE_QUEUES);
	switch (req->op) {
	case DEVICE_CREATE: return check_create(job);
	case DEVICE_OPEN:
	case DEVICE_REMOVE:
		if (!device_is_name(req->ifname))
			return job_refuse(job, DEVICE_MALFORMED, "no link can have the name \"%s\"",
				req->ifname);
		if (req->op == DEVICE_OPEN && req->queues == 0)
			return job_refuse(job, DEVICE_MALFORMED, "no queues to open");
		return DEVICE_OK;
	case DEVICE_WATCH:
	case DEVICE_LIST: return DEVICE_OK;
	}
	return DEVICE_OK;
}

static enum device_status check_namespace(struct job *job)
{
	if (!netns_visit_is_netns(job->creator->visits, job->netns_fd))
		return job_refuse(
			job, DEVICE_NAMESPACE, "the descriptor is of no network namespace");
	int err = caller_check_netns(job->caller, job->netns_fd);
	if (err == 0)
		return DEVICE_OK;
	if (err == -EPERM)
		return job_refuse(job, DEVICE_NAMESPACE,
			"the caller neither lives in this namespace nor owns it");
	return job_refuse(job, DEVICE_NAMESPACE, "the caller is not visible from here");
}

/* Finds out what the link gets: the fixed addresses of its name, unless its maker gives it others. */
static enum device_status check_fixed(struct daemon *d, struct job *job, const struct rule *rule)
{
	enum { OWN = DEVICE_OWN_ADDRS | DEVICE_AUTOCONF };
	const char *alias = job->request->alias;
	char text[ADDR_TEXT_CAP];
	size_t len;
	if (rule->fixed.count == 0 || !label_next_word(&alias, &len) || job->request->flags & OWN)
		return DEVICE_OK;
	if (device_type_is_tap(job->type))
		return job_refuse(job, DEVICE_DENIED,
			"rule: %s:%u has a fixed address, which a %s cannot get: its guest would "
			"have it",
			d->settings->rules_file, rule->line, device_type_text(job->type));
	const struct addr *taken = registry_taken_addr(&d->registry, &rule->fixed);
	if (taken)
		return job_refuse(job, DEVICE_DENIED,
			"rule: %s:%u gives the address %s, which a living device has",
			d->settings->rules_file, rule->line, addr_format(taken, text));
	job->fixed = rule->fixed;
	return DEVICE_OK;
}

/* True if somebody else than root asks for a link in our own namespace, with addresses: these, and the
 * routes of router advertisements, would be the host's. The addresses of a tap are its guest's. */
static bool is_in_host(const struct job *job)
{
	return job->caller->uid != 0 && !device_type_is_tap(job->type) &&
	       netns_visit_is_own(job->creator->visits, job->netns_fd);
}

static enum device_status check_rules(struct daemon *d, struct job *job)
{
	const char *file = d->settings->rules_file;
	job->guest_policy = guest_policy_default();
	if (!file)
		return DEVICE_OK;
	const struct rule_question question = {
		.uid = job->caller->account,
		.groups = job->caller->groups,
		.group_count = job->caller->group_count,
		.type = job->type,
		.mode = job->mode,
		.parent = job->parent,
		.alias = job->request->alias,
		.is_in_host = is_in_host(job),
	};
	const struct rule *rule = rules_find(&d->rules, &question);
	if (rule && rule->is_allow) {
		job->guest_policy = rule->guest_policy;
		return check_fixed(d, job, rule);
	}
	if (rule)
		return job_refuse(job, DEVICE_DENIED, "rule: %s:%u denies it", file, rule->line);
	return job_refuse(job, DEVICE_DENIED, "rule: none in %s allows it%s", file,
		question.is_in_host ? " in the host's own namespace" : "");
}

struct guest_policy permit_guest_policy(
	struct daemon *d, const struct device *dev, const struct caller *caller)
{
	const struct rule_question question = {
		.uid = dev->mark.uid,
		.groups = caller->groups,
		.group_count = caller->group_count,
		.type = dev->type,
		.mode = dev->mode,
		.parent = dev->mark.parent,
		/* A name of our own making begins with a control byte. */
		.alias = (unsigned char)dev->workload[0] >= ' ' ? dev->workload : "",
	};
	const struct rule *rule = d->settings->rules_file ? rules_find(&d->rules, &question) : NULL;
	return rule && rule->is_allow ? rule->guest_policy : guest_policy_default();
}

struct device_fixed permit_fixed(struct daemon *d, const struct device *dev)
{
	const struct rule_question question = {
		.uid = dev->account,
		.type = dev->type,
		.mode = dev->mode,
		.parent = dev->mark.parent,
		.alias = (unsigned char)dev->workload[0] >= ' ' ? dev->workload : "",
	};
	return dev->mark.has_fixed ? rules_find_fixed(&d->rules, &question)
				   : (struct device_fixed){0};
}

static enum device_status check_counts(struct daemon *d, struct job *job)
{
	const struct settings *s = d->settings;
	uid_t uid = job->caller->uid, account = job->caller->account;
	if (registry_count_parent(&d->registry, job->parent) >= s->max_parent)
		return job_refuse(job, DEVICE_LIMIT, "limit: %u devices on %s (--max-parent)",
			s->max_parent, job->parent);
	if (uid != 0 && registry_count_user(&d->registry, account) >= s->max_user)
		return job_refuse(job, DEVICE_LIMIT, "limit: %u devices of user %u (--max-user)",
			s->max_user, account);
	return DEVICE_OK;
}

/* A name belongs to a user as long as one of the user's devices has it. Another user with the same
 * name would get a part of the traffic that is meant for the first. Root is not restricted. Grants
 * of other ontapds are checked when the device is made (grant.h). */
static enum device_status check_alias(struct daemon *d, struct job *job)
{
	const char *alias = job->request->alias, *name;
	size_t len;
	while (job->caller->uid != 0 && (name = label_next_word(&alias, &len)))
		MAP_EACH(other, &d->registry.devices, const struct device, by_place) {
			if (other->mark.uid != job->caller->uid &&
				label_is_word_of(other->workload, name, len))
				return job_refuse(job, DEVICE_DENIED,
					"the name %.*s is another user's", (int)len, name);
		}
	return DEVICE_OK;
}

/* The mode belongs to the parent: the kernel would silently change the mode of its other
 * ipvlans. */
static enum device_status check_shared_mode(struct daemon *d, struct job *job)
{
	char text[DEVICE_MODE_CAP];
	if (!device_type_is_ipvlan(job->type))
		return DEVICE_OK;
	const struct device *other = registry_any_ipvlan(&d->registry, job->parent);
	if (!other || (other->mode.mode == job->mode.mode && other->mode.flag == job->mode.flag))
		return DEVICE_OK;
	return job_refuse(job, DEVICE_UNSUPPORTED,
		"all ipvlans of a parent have one mode: "
		"those of %s have %s",
		job->parent, device_mode_format(other->type, other->mode, text));
}

static enum device_status check_user(struct daemon *d, struct job *job)
{
	uid_t uid = job->caller->uid, account = job->caller->account;
	if (uid != 0 && !rate_may(&d->rate, account, loop_now()))
		return job_refuse(job, DEVICE_LIMIT,
			"limit: %u requests a second of user %u (--rate)", d->settings->rate,
			account);
	/* The events are about all callers. */
	if (job->request->op == DEVICE_WATCH && uid != 0)
		return job_refuse(job, DEVICE_DENIED, "rule: only root may watch");
	return DEVICE_OK;
}

enum device_status permit_request(struct daemon *d, struct job *job)
{
	enum device_status status = check_user(d, job);
	if (!status)
		status = check_form(job);
	if (!status)
		status = check_namespace(job);
	if (status || job->request->op != DEVICE_CREATE)
		return status;
	status = check_rules(d, job);
	if (!status)
		status = check_alias(d, job);
	if (!status)
		status = check_counts(d, job);
	if (!status)
		status = check_shared_mode(d, job);
	if (!status)
		status = fit_check(job);
	if (!status && job->request->flags & DEVICE_AUTOCONF)
		status = admit_guest(job);
	return status;
}
