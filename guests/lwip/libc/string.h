/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * string.h: for lwIP, which asks for it by this name.
 */
#include <guest/lib.h>
