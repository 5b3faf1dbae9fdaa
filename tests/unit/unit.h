/* SPDX-License-Identifier: ISC */
/* The headers of every cmocka test: cmocka itself needs these before it, in this order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
