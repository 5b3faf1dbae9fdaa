/* SPDX-License-Identifier: ISC */
/*
 * What the C library calls in libnss_ontap.so.2: its own prototypes (glibc's nss/nss.h), which it has in no
 * header for modules. They find hosts that the running ontap-zone serves. `buffer` gets all that the
 * result points to; TRYAGAIN with ERANGE: it is too small. NOTFOUND: there is no such host in a zone
 * of ours. UNAVAIL: the name is in none, or ontap-zone does not answer.
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
