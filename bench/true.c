/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * true.c: the smallest process worth comparing with, linked statically.
 */
int main(void)
{
    return 0;
}
