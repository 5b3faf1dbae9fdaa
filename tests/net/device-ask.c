/* SPDX-License-Identifier: ISC */
/*
 * Owns one request to ontapd through its library, with the descriptor of any namespace, for tests.
 * Never keeps the device. device-ask SOCKET NAMESPACE IFNAME
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "libontap/ontap.h"

int main(int argc, char **argv)
{
	struct ontap_device device;
	struct ontap_error error = {0};
	if (argc != 4)
		return 100;
	const struct ontap_request request = {
		.type = "ipvlan", .ifname = argv[3], .flags = ONTAP_CONNECTION};
	int fd = ontap_connect(argv[1]), netns_fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || netns_fd < 0) {
		printf("%s: %s\n", argv[3], strerror(errno));
		return 111;
	}
	int status = ontap_create(fd, netns_fd, &request, &device, NULL, &error);
	printf("%s: %d %s\n", argv[3], status, error.text);
	return 0;
}
