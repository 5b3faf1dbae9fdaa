/* SPDX-License-Identifier: ISC */
/*
 * The functions of libnss_ontap.so.2 that the C library calls. Their prototypes are those of
 * glibc's nss/nss.h, which has no header for modules. They find hosts that the running ontap-zone
 * serves. `buffer` gets everything that the result points to; TRYAGAIN with ERANGE: it is too
 * small. NOTFOUND: no such host in our zones. UNAVAIL: the name is in none of our zones, or
 * ontap-zone does not answer.
 */
#pragma once

#include <netdb.h>
#include <nss.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* All addresses with their scopes, for getaddrinfo(3). */
enum nss_status _nss_ontap_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp);

/* Addresses of one family. `ttlp` and `canonp` may be NULL. */
enum nss_status _nss_ontap_gethostbyname3_r(const char *name, int af, struct hostent *result,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp, char **canonp);
enum nss_status _nss_ontap_gethostbyname2_r(const char *name, int af, struct hostent *result,
	char *buffer, size_t buflen, int *errnop, int *h_errnop);
/* IPv4 addresses. */
enum nss_status _nss_ontap_gethostbyname_r(const char *name, struct hostent *result, char *buffer,
	size_t buflen, int *errnop, int *h_errnop);

/* Names of an address. `ttlp` may be NULL. */
enum nss_status _nss_ontap_gethostbyaddr2_r(const void *addr, socklen_t len, int af,
	struct hostent *result, char *buffer, size_t buflen, int *errnop, int *h_errnop,
	int32_t *ttlp);
enum nss_status _nss_ontap_gethostbyaddr_r(const void *addr, socklen_t len, int af,
	struct hostent *result, char *buffer, size_t buflen, int *errnop, int *h_errnop);
