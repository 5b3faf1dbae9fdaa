/* SPDX-License-Identifier: ISC */
/* What every cmocka test includes: cmocka itself wants these headers before it, in this order. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
