/* SPDX-License-Identifier: ISC */
/* How the programs end: what their exit status says. */
#pragma once

enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,       /* a negative answer: no such name, or ontapd says no */
	EXIT_TIMEOUT = 99, /* what was waited for did not come in time */
	EXIT_USAGE = 100,  /* the command line or the configuration is wrong */
	EXIT_SYSTEM = 111  /* the system refused something that is needed */
};
