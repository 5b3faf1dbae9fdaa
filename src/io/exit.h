/* SPDX-License-Identifier: ISC */
/* The exit codes of all programs. */
#pragma once

enum exit_code {
	EXIT_DONE = 0,
	EXIT_NO = 1,       /* a negative answer: no such name, or refused by ontapd */
	EXIT_TIMEOUT = 99, /* a wait timed out */
	EXIT_USAGE = 100,  /* the command line or the configuration is wrong */
	EXIT_SYSTEM = 111  /* the system refused a necessary operation */
};
