/* SPDX-License-Identifier: ISC */
/*
 * Owns the facts about parents: whether they are Wi-Fi, their devices, their MTU.
 * Never asks who the caller is.
 */
#include "ontapd/fit.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ontapd/port.h"

/* DEPTH_MAX: a VLAN on a bond on Wi-Fi, and one more level. */
enum { PATH_CAP = 64 + IF_NAMESIZE, DEPTH_MAX = 4 };

/* --- Wi-Fi -------------------------------------------------------------------------------- */

static bool has_file(const char *link, const char *name)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", link, name);
	return access(path, F_OK) == 0;
}

static bool is_wireless(const char *link, int depth);

/* True if one of the links below this one is Wi-Fi. */
static bool has_wireless_below(const char *link, int depth)
{
	static const char prefix[] = "lower_";
	char path[PATH_CAP];
	bool is_found = false;
	snprintf(path, sizeof(path), "/sys/class/net/%s", link);
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	for (const struct dirent *de; !is_found && (de = readdir(dir));)
		if (strncmp(de->d_name, prefix, strlen(prefix)) == 0)
			is_found = is_wireless(de->d_name + strlen(prefix), depth + 1);
	closedir(dir);
	return is_found;
}

/* A port of a bridge may be an access point: then all hardware addresses pass. */
static bool is_wireless(const char *link, int depth)
{
	if (strlen(link) >= IF_NAMESIZE || depth > DEPTH_MAX)
		return false;
	return has_file(link, "phy80211") ||
	       (!has_file(link, "bridge") && has_wireless_below(link, depth));
}

/* True if /sys shows our namespace: the link has the same ifindex there as here. */
static bool is_shown(const char *link, uint32_t ifindex)
{
	char path[PATH_CAP], text[16] = "";
	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", link);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool is_read = fgets(text, sizeof(text), file) != NULL;
	fclose(file);
	return is_read && strtoul(text, NULL, 10) == ifindex;
}

static bool is_parent_wireless(struct job *job)
{
	struct event link;
	if (netns_visit_get_link(&job->creator->visits->asker, job->parent, &link))
		return false; /* create_device() will report it */
	return is_shown(job->parent, link.link.ifindex) && is_wireless(job->parent, 0);
}

/* An access point knows one hardware address for each station, and drops frames of others. A device
 * in passthru mode has that address. */
static enum device_status check_wireless(struct job *job)
{
	bool has_own_hwaddr =
		!device_type_is_ipvlan(job->type) && job->mode.mode != MACVLAN_MODE_PASSTHRU;
	if (!has_own_hwaddr || !is_parent_wireless(job))
		return DEVICE_OK;
	return job_refuse(job, DEVICE_UNSUPPORTED,
		"%s is Wi-Fi: its access point drops the frames of a %s, which has a hardware "
		"address of its own; %s works, or auto",
		job->parent, device_type_text(job->type),
		device_type_is_tap(job->type) ? "ipvtap" : "ipvlan");
}

/* --- type --------------------------------------------------------------------------------- */

/* The kernel does not allow ipvlans and macvlans on the same parent. */
static bool wants_ipvlan(struct job *job)
{
	MAP_EACH(d, &job->creator->registry->devices, const struct device, by_place)
		if (strcmp(d->mark.parent, job->parent) == 0)
			return device_type_is_ipvlan(d->type);
	return is_parent_wireless(job);
}

enum device_status fit_choose_type(struct job *job)
{
	const char *text = job->request->type;
	bool is_tap = strcmp(text, DEVICE_AUTO_TAP) == 0;
	if (is_tap || strcmp(text, DEVICE_AUTO) == 0) {
		if (port_is_on_bridge(job))
			job->type = is_tap ? DEVICE_TAP : DEVICE_VETH;
		else if (wants_ipvlan(job))
			job->type = is_tap ? DEVICE_IPVTAP : DEVICE_IPVLAN;
		else
			job->type = is_tap ? DEVICE_MACVTAP : DEVICE_MACVLAN;
		return DEVICE_OK;
	}
	if (device_type_parse(text, &job->type))
		return job_refuse(job, DEVICE_MALFORMED, "there is no type \"%s\"", text);
	return DEVICE_OK;
}

/* --- hardware address and MTU ------------------------------------------------------------- */

/* With its parent's, a guest would derive the host's own IPv6 addresses, and take what its siblings say for its own. */
static enum device_status check_guest_hwaddr(struct job *job)
{
	struct event link;
	if (netns_visit_get_link(&job->creator->visits->asker, job->parent, &link))
		return DEVICE_OK; /* create_device() will report that there is no parent */
	if (link.link.hwaddr_len == DEVICE_HWADDR_LEN &&
		memcmp(job->request->hwaddr, link.link.hwaddr, DEVICE_HWADDR_LEN) == 0)
		return job_refuse(job, DEVICE_UNSUPPORTED,
			"this is the hardware address of %s: a guest needs one of its own",
			job->parent);
	return DEVICE_OK;
}

static enum device_status check_hwaddr(struct job *job)
{
	const struct device_request *req = job->request;
	if (req->hwaddr_len == 0)
		return DEVICE_OK;
	if (req->hwaddr_len != DEVICE_HWADDR_LEN || !device_is_hwaddr(req->hwaddr))
		return job_refuse(job, DEVICE_MALFORMED, "no link can have this hardware address");
	if (device_type_is_ipvlan(job->type) && req->flags & DEVICE_AUTOCONF)
		return check_guest_hwaddr(job); /* it is the guest's, and is rewritten */
	if (device_type_is_ipvlan(job->type) || job->mode.mode == MACVLAN_MODE_PASSTHRU)
		return job_refuse(job, DEVICE_UNSUPPORTED,
			"%s has the hardware address of its parent, and no other",
			device_type_is_ipvlan(job->type) ? device_type_text(job->type)
							 : "passthru");
	return DEVICE_OK;
}

/* A port that has a smaller MTU gives it to the whole bridge (br_mtu_auto_adjust). The inner end of a
 * veth is no port. */
static enum device_status check_port(struct job *job)
{
	const char *type = device_type_text(job->type);
	if (!device_type_is_port(job->type))
		return DEVICE_OK;
	if (!port_is_on_bridge(job))
		return job_refuse(job, DEVICE_UNSUPPORTED,
			"%s is no bridge, so it can have no %s; auto chooses what it can have",
			job->parent, type);
	if (job->type == DEVICE_TAP && job->request->mtu != 0)
		return job_refuse(job, DEVICE_UNSUPPORTED,
			"the MTU of a tap on a bridge is that of the bridge; a smaller one is the "
			"guest's to choose");
	return DEVICE_OK;
}

/* The kernel lets an ipvlan have a larger MTU than its parent, and then drops its packets. */
static enum device_status check_mtu(struct job *job)
{
	struct event link;
	if (job->request->mtu == 0 ||
		netns_visit_get_link(&job->creator->visits->asker, job->parent, &link))
		return DEVICE_OK; /* create_device() will report that there is no parent */
	uint32_t mtu = link.link.mtu;
	if (job->request->mtu < DEVICE_MTU_MIN)
		return job_refuse(job, DEVICE_MALFORMED, "an MTU is %d at least: %u",
			DEVICE_MTU_MIN, job->request->mtu);
	if (job->request->mtu > mtu)
		return job_refuse(job, DEVICE_UNSUPPORTED, "the MTU of %s is %u: %u is too much",
			job->parent, mtu, job->request->mtu);
	return DEVICE_OK;
}

enum device_status fit_check(struct job *job)
{
	enum device_status status = check_port(job);
	if (!status)
		status = check_wireless(job);
	if (!status)
		status = check_hwaddr(job);
	if (!status)
		status = check_mtu(job);
	return status;
}
