/* SPDX-License-Identifier: ISC */
/*
 * Owns the meaning of the configuration and of CNI_ARGS.
 * Never reads the environment or a file.
 */
#include "ontap-cni/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

const char *const cni_versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL};

enum cni_code cni_fail(struct cni_error *error, enum cni_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	/* A foreign text that is cut may end within a character, which JSON does not allow. */
	for (char *p = error->text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	return error->code = code;
}

bool cni_args_get(const char *args, const char *key, char *out, size_t cap)
{
	size_t key_len = strlen(key);
	/* Progress: each turn reads one pair and its semicolon. */
	while (*args) {
		size_t len = strcspn(args, ";");
		if (len > key_len && args[key_len] == '=' && memcmp(args, key, key_len) == 0) {
			size_t value_len = len - key_len - 1;
			if (value_len >= cap)
				return false;
			memcpy(out, args + key_len + 1, value_len);
			out[value_len] = '\0';
			return true;
		}
		args += len;
		args += *args == ';';
	}
	return false;
}

/* A request that is being read. */
struct reading {
	const json_t *config;
	const char *args;
	struct cni_request *request;
	struct cni_error *error;
};

/* --- values -------------------------------------------------------------------------------- */

/* Copies a text of the configuration; an absent one leaves `out` as it is. */
static enum cni_code read_text(struct reading *in, const char *key, char *out, size_t cap)
{
	const json_t *value = json_object_get(in->config, key);
	if (!value)
		return CNI_OK;
	if (!json_is_string(value) || json_string_length(value) >= cap ||
		strlen(json_string_value(value)) != json_string_length(value))
		return cni_fail(in->error, CNI_CONFIG, "\"%s\" is no text of at most %zu bytes",
			key, cap - 1);
	memcpy(out, json_string_value(value), json_string_length(value) + 1);
	return CNI_OK;
}

static enum cni_code add_addr(struct reading *in, const char *what, const char *text)
{
	struct cni_request *req = in->request;
	if (req->addr_count == CNI_ADDRS_CAP)
		return cni_fail(
			in->error, CNI_CONFIG, "%s: more than %d addresses", what, CNI_ADDRS_CAP);
	if (!text || device_addr_parse(text, &req->addrs[req->addr_count]))
		return cni_fail(in->error, CNI_CONFIG, "%s: not ADDR/LEN: %.80s", what,
			text ? text : "no text");
	req->addr_count++;
	return CNI_OK;
}

/* Reads a text, or an array of them. */
static enum cni_code add_addrs(struct reading *in, const char *what, const json_t *value)
{
	if (!json_is_array(value))
		return add_addr(in, what, json_string_value(value));
	enum cni_code code = CNI_OK;
	for (size_t i = 0; i < json_array_size(value) && !code; i++)
		code = add_addr(in, what, json_string_value(json_array_get(value, i)));
	return code;
}

static enum cni_code add_gateway(struct reading *in, const char *text)
{
	struct addr addr;
	if (!text || addr_parse(text, &addr))
		return cni_fail(in->error, CNI_CONFIG, "\"gateway\" is no address: %.80s",
			text ? text : "no text");
	in->request->gateways[addr.family == ADDR_V6] = addr;
	return CNI_OK;
}

static enum cni_code read_gateways(struct reading *in)
{
	const json_t *value = json_object_get(in->config, "gateway");
	if (!value || !json_is_array(value))
		return value ? add_gateway(in, json_string_value(value)) : CNI_OK;
	enum cni_code code = CNI_OK;
	for (size_t i = 0; i < json_array_size(value) && !code; i++)
		code = add_gateway(in, json_string_value(json_array_get(value, i)));
	return code;
}

/* Reads six bytes in hexadecimal, with colons between them. */
static enum cni_code read_hwaddr(struct reading *in, const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	struct cni_request *req = in->request;
	const char *at = text;
	for (size_t i = 0; i < DEVICE_HWADDR_LEN; i++, at += 3) {
		if (strspn(at, digits) != 2 || at[2] != (i + 1 < DEVICE_HWADDR_LEN ? ':' : '\0'))
			return cni_fail(in->error, CNI_CONFIG, "no hardware address: %.40s", text);
		req->hwaddr[i] = (uint8_t)strtoul(at, NULL, 16);
	}
	req->has_hwaddr = true;
	return CNI_OK;
}

/* --- groups of values ---------------------------------------------------------------------- */

static enum cni_code check_version(struct reading *in)
{
	struct cni_request *req = in->request;
	memcpy(req->version, "0.3.0", sizeof("0.3.0"));
	enum cni_code code = read_text(in, "cniVersion", req->version, sizeof(req->version));
	for (size_t i = 0; !code && cni_versions[i]; i++)
		if (strcmp(cni_versions[i], req->version) == 0)
			return CNI_OK;
	memcpy(req->version, "1.0.0", sizeof("1.0.0")); /* for the error itself */
	return cni_fail(in->error, CNI_VERSION, "this plugin speaks %s to %s", cni_versions[0],
		cni_versions[sizeof(cni_versions) / sizeof(*cni_versions) - 2]);
}

/* "socket": PATH, or "parent": NAME. */
static enum cni_code read_socket(struct reading *in)
{
	struct cni_request *req = in->request;
	char parent[IF_NAMESIZE] = "";
	enum cni_code code = read_text(in, "parent", parent, sizeof(parent));
	if (parent[0])
		snprintf(req->socket, sizeof(req->socket), "/run/ontap/port.%s", parent);
	if (!code)
		code = read_text(in, "socket", req->socket, sizeof(req->socket));
	if (!code && !req->socket[0])
		return cni_fail(in->error, CNI_CONFIG, "\"socket\" or \"parent\" is missing");
	return code;
}

static enum cni_code read_device(struct reading *in)
{
	struct cni_request *req = in->request;
	memcpy(req->type, DEVICE_AUTO, sizeof(DEVICE_AUTO));
	enum cni_code code = read_text(in, "device", req->type, sizeof(req->type));
	if (!code && strcmp(req->type, "tap") == 0)
		return cni_fail(in->error, CNI_CONFIG,
			"\"device\": a tap is no link of a container; ontap(1) has the types");
	if (!code)
		code = read_text(in, "mode", req->mode, sizeof(req->mode));
	const json_t *mtu = json_object_get(in->config, "mtu");
	if (!code && mtu &&
		(!json_is_integer(mtu) || json_integer_value(mtu) < 0 ||
			json_integer_value(mtu) > DEVICE_MTU_MAX))
		return cni_fail(
			in->error, CNI_CONFIG, "\"mtu\" is no number up to %d", DEVICE_MTU_MAX);
	req->mtu = (uint32_t)json_integer_value(mtu);
	const json_t *dhcp = json_object_get(in->config, "dhcp");
	if (!code && dhcp && !json_is_boolean(dhcp))
		return cni_fail(in->error, CNI_CONFIG, "\"dhcp\" is neither true nor false");
	req->has_dhcp = json_is_true(dhcp);
	return code;
}

/* Addresses of this container replace those of the configuration. */
static enum cni_code read_addrs(struct reading *in)
{
	char text[CNI_TEXT_CAP];
	const json_t *runtime = json_object_get(in->config, "runtimeConfig");
	const json_t *ips = json_object_get(runtime, "ips");
	const json_t *addr = json_object_get(in->config, "addr");
	enum cni_code code = read_gateways(in);
	if (code)
		return code;
	if (json_array_size(ips) > 0)
		return add_addrs(in, "runtimeConfig.ips", ips);
	if (cni_args_get(in->args, "IP", text, sizeof(text)))
		return add_addr(in, "IP in CNI_ARGS", text);
	return addr ? add_addrs(in, "\"addr\"", addr) : CNI_OK;
}

static enum cni_code read_mac(struct reading *in)
{
	char text[CNI_TEXT_CAP];
	const json_t *runtime = json_object_get(in->config, "runtimeConfig");
	const char *mac = json_string_value(json_object_get(runtime, "mac"));
	if (mac && *mac)
		return read_hwaddr(in, mac);
	return cni_args_get(in->args, "MAC", text, sizeof(text)) ? read_hwaddr(in, text) : CNI_OK;
}

/* The name that people gave the container: ours, the configuration's, or the pod's, which podman sets
 * to the name of the container. */
static enum cni_code read_alias(struct reading *in)
{
	struct cni_request *req = in->request;
	enum cni_code code = CNI_OK;
	if (!cni_args_get(in->args, "ONTAP_ALIAS", req->alias, sizeof(req->alias))) {
		code = read_text(in, "alias", req->alias, sizeof(req->alias));
		if (!code && !json_object_get(in->config, "alias"))
			(void)cni_args_get(
				in->args, "K8S_POD_NAME", req->alias, sizeof(req->alias));
	}
	if (!code && !device_is_alias(req->alias))
		return cni_fail(in->error, CNI_CONFIG, "no link can have this alias");
	return code;
}

static enum cni_code read_environment(struct reading *in, const struct cni_environment *env)
{
	struct cni_request *req = in->request;
	if (!env->ifname || !device_is_name(env->ifname))
		return cni_fail(in->error, CNI_ENVIRONMENT, "CNI_IFNAME is no name of a link");
	if (!env->container_id || !*env->container_id ||
		strlen(env->container_id) >= sizeof(req->id))
		return cni_fail(in->error, CNI_ENVIRONMENT, "CNI_CONTAINERID is missing");
	snprintf(req->ifname, sizeof(req->ifname), "%s", env->ifname);
	snprintf(req->id, sizeof(req->id), "%s", env->container_id);
	return CNI_OK;
}

/* GC and STATUS are about the network, not about a container. */
static bool is_of_container(const char *command)
{
	return !command || (strcmp(command, "GC") != 0 && strcmp(command, "STATUS") != 0);
}

enum cni_code cni_request_read(const json_t *config, const struct cni_environment *env,
	struct cni_request *ret, struct cni_error *error)
{
	struct reading in = {.config = config,
		.args = env->args ? env->args : "",
		.request = ret,
		.error = error};
	static enum cni_code (*const steps[])(struct reading *) = {
		check_version, read_socket, read_device, read_addrs, read_mac, read_alias};
	*ret = (struct cni_request){.version = "1.0.0"};
	*error = (struct cni_error){.code = CNI_OK};
	if (!json_is_object(config))
		return cni_fail(error, CNI_DECODE, "the configuration is no JSON object");
	enum cni_code code = CNI_OK;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !code; i++)
		code = steps[i](&in);
	if (!code && is_of_container(env->command))
		code = read_environment(&in, env);
	return code;
}
