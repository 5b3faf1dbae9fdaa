/* SPDX-License-Identifier: ISC */
/*
 * Owns the functions of the source "ontap" of nsswitch.conf(5), as the C library calls them: hosts
 * by name and by address. The library defines their many parameters.
 * Never changes errno on success, and keeps nothing between calls.
 */
#include "nss/nss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "nss/ask.h"
#include "nss/fill.h"

/* Where to report why nothing was found. */
struct outcome {
	int *errnop, *h_errnop;
};

static enum nss_status say(struct outcome to, enum nss_status status, int error, int h_error)
{
	*to.errnop = error;
	*to.h_errnop = h_error;
	return status;
}

/* UNAVAIL for names that are not ours, so that "[NOTFOUND=return]" ends only
 * searches for our names. */
static enum nss_status say_failure(struct outcome to, int err)
{
	switch (err) {
	case ERR_SPACE: return say(to, NSS_STATUS_TRYAGAIN, ERANGE, NETDB_INTERNAL);
	case ERR_ABSENT: return say(to, NSS_STATUS_NOTFOUND, ENOENT, NO_DATA);
	case ERR_SYNTAX:
	case ERR_RANGE: return say(to, NSS_STATUS_UNAVAIL, EBADMSG, NO_RECOVERY);
	case -EAGAIN: return say(to, NSS_STATUS_TRYAGAIN, EAGAIN, TRY_AGAIN);
	}
	return say(to, NSS_STATUS_UNAVAIL, -err, NO_RECOVERY);
}

static enum nss_status say_verdict(struct outcome to, enum answer_verdict verdict)
{
	switch (verdict) {
	case ANSWER_FOUND: return NSS_STATUS_SUCCESS;
	case ANSWER_NODATA: return say(to, NSS_STATUS_NOTFOUND, ENOENT, NO_DATA);
	case ANSWER_NXDOMAIN: return say(to, NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND);
	case ANSWER_FOREIGN:
	case ANSWER_UNFINISHED: break;
	}
	return say(to, NSS_STATUS_UNAVAIL, ENOENT, HOST_NOT_FOUND);
}

/* Asks the daemon. Cancellation of the thread is deferred, since it would leave the
 * connection open. */
static enum nss_status look_up(
	const char *verb, const char *operand, struct answer *ret, struct outcome to)
{
	int cancel_state, saved = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	int err = ask(verb, operand, ret);
	pthread_setcancelstate(cancel_state, NULL);
	errno = saved;
	return err ? say_failure(to, err) : say_verdict(to, ret->verdict);
}

static enum nss_status look_up_name(const char *name, struct answer *ret, struct outcome to)
{
	if (!answer_is_host_name(name, true))
		return say_verdict(to, ANSWER_FOREIGN);
	return look_up("resolve", name, ret, to);
}

enum nss_status _nss_ontap_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp)
{
	struct answer answer = {0};
	struct outcome to = {errnop, h_errnop};
	struct gaih_addrtuple *first;
	enum nss_status status = look_up_name(name, &answer, to);
	if (status != NSS_STATUS_SUCCESS)
		return status;
	int err = fill_tuples(&answer, (struct fill_space){buffer, buflen}, &first);
	if (err)
		return say_failure(to, err);
	/* The caller may have passed room for the first one. */
	if (*pat)
		**pat = *first;
	else
		*pat = first;
	if (ttlp)
		*ttlp = (int32_t)answer.ttl_s;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_ontap_gethostbyname3_r(const char *name, int af, struct hostent *result,
	char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp, char **canonp)
{
	struct answer answer = {0};
	struct outcome to = {errnop, h_errnop};
	if (af != AF_INET && af != AF_INET6)
		return say(to, NSS_STATUS_UNAVAIL, EAFNOSUPPORT, NO_DATA);
	enum nss_status status = look_up_name(name, &answer, to);
	if (status != NSS_STATUS_SUCCESS)
		return status;
	int err = fill_host(&answer, af, (struct fill_space){buffer, buflen}, result);
	if (err)
		return say_failure(to, err);
	if (ttlp)
		*ttlp = (int32_t)answer.ttl_s;
	if (canonp)
		*canonp = result->h_name;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_ontap_gethostbyname2_r(const char *name, int af, struct hostent *result,
	char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_ontap_gethostbyname3_r(
		name, af, result, buffer, buflen, errnop, h_errnop, NULL, NULL);
}

enum nss_status _nss_ontap_gethostbyname_r(const char *name, struct hostent *result, char *buffer,
	size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_ontap_gethostbyname3_r(
		name, AF_INET, result, buffer, buflen, errnop, h_errnop, NULL, NULL);
}

enum nss_status _nss_ontap_gethostbyaddr2_r(const void *addr, socklen_t len, int af,
	struct hostent *result, char *buffer, size_t buflen, int *errnop, int *h_errnop,
	int32_t *ttlp)
{
	struct answer answer = {0};
	struct outcome to = {errnop, h_errnop};
	struct answer_addr asked = {.family = (uint8_t)af};
	char text[INET6_ADDRSTRLEN];
	if ((af != AF_INET && af != AF_INET6) || len != fill_addr_len(af))
		return say(to, NSS_STATUS_UNAVAIL, EAFNOSUPPORT, NO_DATA);
	memcpy(asked.bytes, addr, len);
	inet_ntop(af, asked.bytes, text, sizeof(text));
	enum nss_status status = look_up("reverse", text, &answer, to);
	if (status != NSS_STATUS_SUCCESS)
		return status;
	int err = fill_host_of_addr(&answer, &asked, (struct fill_space){buffer, buflen}, result);
	if (err)
		return say_failure(to, err);
	if (ttlp)
		*ttlp = (int32_t)answer.ttl_s;
	return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_ontap_gethostbyaddr_r(const void *addr, socklen_t len, int af,
	struct hostent *result, char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_ontap_gethostbyaddr2_r(
		addr, len, af, result, buffer, buflen, errnop, h_errnop, NULL);
}
