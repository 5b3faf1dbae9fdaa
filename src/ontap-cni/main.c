/* SPDX-License-Identifier: ISC */
/*
 * Owns the execution protocol of CNI: environment and standard input in, JSON on standard output.
 * Never makes a device itself.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "io/exit.h"
#include "io/file.h"
#include "ontap-cni/attach.h"
#include "ontap-cni/lease.h"

enum { HWADDR_TEXT_CAP = 3 * HWADDR_CAP + 1 };

static int print(json_t *value, int code)
{
	bool is_printed = value && json_dumpf(value, stdout, JSON_INDENT(4)) == 0;
	json_decref(value);
	return is_printed && putchar('\n') != EOF && fflush(stdout) == 0 ? code : EXIT_SYSTEM;
}

static int print_error(const char *version, const struct cni_error *error)
{
	return print(json_pack("{s:s, s:i, s:s}", "cniVersion", version, "code", (int)error->code,
			     "msg", error->text),
		EXIT_NO);
}

static int print_versions(void)
{
	json_t *list = json_array();
	size_t i = 0;
	for (; cni_versions[i]; i++)
		json_array_append_new(list, json_string(cni_versions[i]));
	return print(json_pack("{s:s, s:o}", "cniVersion", cni_versions[i - 1], "supportedVersions",
			     list),
		EXIT_DONE);
}

/* --- the result of ADD ---------------------------------------------------------------------- */

static json_t *interface_of(
	const struct cni_request *req, const char *netns, const struct cni_result *result)
{
	char hwaddr[HWADDR_TEXT_CAP] = "";
	for (size_t i = 0, len = 0; i < result->hwaddr_len; i++)
		len += (size_t)snprintf(hwaddr + len, sizeof(hwaddr) - len, "%s%02x", i ? ":" : "",
			result->hwaddr[i]);
	json_t *interface = json_pack(
		"{s:s, s:s, s:s}", "name", result->ifname, "mac", hwaddr, "sandbox", netns);
	if (strcmp(req->version, "1.1.0") == 0)
		json_object_set_new(interface, "mtu", json_integer(result->mtu));
	return interface;
}

static json_t *ip_of(const struct cni_request *req, const struct device_addr *addr)
{
	char text[ADDR_TEXT_CAP], whole[ADDR_TEXT_CAP + 4];
	bool is_v6 = addr->addr.family == ADDR_V6;
	const struct addr *gateway = &req->gateways[is_v6];
	snprintf(whole, sizeof(whole), "%s/%u", addr_format(&addr->addr, text), addr->prefix_len);
	json_t *ip = json_pack("{s:s, s:i}", "address", whole, "interface", 0);
	if (gateway->family != ADDR_NONE)
		json_object_set_new(ip, "gateway", json_string(addr_format(gateway, text)));
	if (req->version[0] == '0') /* until 0.4.0 */
		json_object_set_new(ip, "version", json_string(is_v6 ? "6" : "4"));
	return ip;
}

static json_t *routes_of(const struct cni_request *req)
{
	json_t *routes = json_array();
	char text[ADDR_TEXT_CAP];
	for (size_t i = 0; i < ARRAY_LEN(req->gateways); i++)
		if (req->gateways[i].family != ADDR_NONE)
			json_array_append_new(
				routes, json_pack("{s:s, s:s}", "dst", i ? "::/0" : "0.0.0.0/0",
						"gw", addr_format(&req->gateways[i], text)));
	return routes;
}

static int print_result(
	const struct cni_request *req, const char *netns, const struct cni_result *result)
{
	json_t *ips = json_array();
	for (size_t i = 0; i < result->addr_count; i++)
		json_array_append_new(ips, ip_of(req, &result->addrs[i]));
	return print(json_pack("{s:s, s:[o], s:o, s:o, s:{}}", "cniVersion", req->version,
			     "interfaces", interface_of(req, netns, result), "ips", ips, "routes",
			     routes_of(req), "dns"),
		EXIT_DONE);
}

/* --- commands ------------------------------------------------------------------------------- */

static int add(const struct cni_request *req, const char *netns, struct cni_error *error)
{
	struct cni_result result;
	if (cni_add(req, netns, &result, error))
		return print_error(req->version, error);
	return print_result(req, netns, &result);
}

static int run(const struct cni_environment *env, const struct cni_request *req)
{
	struct cni_error error = {.code = CNI_OK};
	bool needs_netns = strcmp(env->command, "ADD") == 0 || strcmp(env->command, "CHECK") == 0;
	if (needs_netns && !env->netns)
		(void)cni_fail(&error, CNI_ENVIRONMENT, "CNI_NETNS is missing");
	else if (strcmp(env->command, "ADD") == 0)
		return add(req, env->netns, &error);
	else if (strcmp(env->command, "CHECK") == 0)
		(void)cni_check(req, env->netns, &error);
	else if (strcmp(env->command, "DEL") == 0)
		(void)cni_del(req, env->netns, &error);
	else if (strcmp(env->command, "STATUS") == 0)
		(void)cni_status(req, &error);
	else if (strcmp(env->command, "GC") != 0) /* devices end with their namespaces */
		(void)cni_fail(
			&error, CNI_ENVIRONMENT, "CNI_COMMAND=%.40s is not known", env->command);
	return error.code ? print_error(req->version, &error) : EXIT_DONE;
}

/* Variables that are set to nothing are not set. */
static const char *variable(const char *name)
{
	const char *text = getenv(name);
	return text && *text ? text : NULL;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], LEASE_HOLD) == 0)
		return lease_hold(argv[2], argv[3]);
	const struct cni_environment env = {.command = variable("CNI_COMMAND"),
		.container_id = variable("CNI_CONTAINERID"),
		.netns = variable("CNI_NETNS"),
		.ifname = variable("CNI_IFNAME"),
		.args = variable("CNI_ARGS")};
	struct cni_error error = {.code = CNI_OK};
	struct cni_request req = {0};
	struct buf text = {0};
	if (!env.command) {
		(void)cni_fail(&error, CNI_ENVIRONMENT, "CNI_COMMAND is missing: ontap-cni(8)");
		return print_error("1.0.0", &error);
	}
	if (strcmp(env.command, "VERSION") == 0)
		return print_versions();
	int err = file_read("/dev/stdin", LIMIT_CNI_CONFIG, &text);
	json_t *config = err ? NULL : json_loadb(buf_text(&text), text.len, 0, NULL);
	int code;
	if (err)
		(void)cni_fail(&error, CNI_IO, "standard input: %s", err_text(err));
	else
		(void)cni_request_read(config, &env, &req, &error);
	code = error.code ? print_error(req.version[0] ? req.version : "1.0.0", &error)
			  : run(&env, &req);
	json_decref(config);
	buf_fini(&text);
	return code;
}
