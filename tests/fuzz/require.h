/* SPDX-License-Identifier: ISC */
/* What the fuzz targets assert, in builds without assertions, too. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>

#include "wire/name.h"

static inline void require(bool is_so)
{
	if (!is_so)
		abort();
}

/* The name that the text must be. */
static inline struct name name_of(const char *text)
{
	struct name name;
	require(name_from_text(text, NULL, &name) == 0);
	return name;
}
