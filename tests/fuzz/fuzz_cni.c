/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of what a container runtime asks: for any input, the request is one that ontapd could get, or an
 * error with a text. Never opens a file. Run by a fuzzer and its replay.
 *
 * The input is CNI_ARGS up to the first newline, and the configuration.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ontap-cni/request.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct cni_request *req)
{
	require(device_is_alias(req->alias) && device_is_name(req->ifname));
	require(req->socket[0] && strlen(req->socket) < sizeof(req->socket));
	require(req->addr_count <= CNI_ADDRS_CAP && req->mtu <= DEVICE_MTU_MAX);
	for (size_t i = 0; i < req->addr_count; i++)
		require(req->addrs[i].prefix_len <= 8 * addr_len(&req->addrs[i].addr));
	require(req->gateways[0].family != ADDR_V6 && req->gateways[1].family != ADDR_V4);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct cni_request req;
	struct cni_error error;
	const uint8_t *newline = len ? memchr(bytes, '\n', len) : NULL;
	size_t args_len = newline ? (size_t)(newline - bytes) : 0;
	char *args = calloc(1, args_len + 1);
	if (!args)
		return 0;
	memcpy(args, bytes, args_len);
	size_t rest = args_len + (newline != NULL);
	json_t *config = json_loadb((const char *)bytes + rest, len - rest, 0, NULL);
	const struct cni_environment env = {
		.command = "ADD", .container_id = "c", .ifname = "eth0", .args = args};
	enum cni_code code = cni_request_read(config, &env, &req, &error);
	require(code == error.code);
	if (code) {
		json_t *text = json_string(error.text);
		require(error.text[0] && text);
		json_decref(text);
	} else {
		check(&req);
	}
	json_decref(config);
	free(args);
	return 0;
}
