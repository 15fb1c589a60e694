/* Copyright The Millers. */
#ifndef MILL_H
#define MILL_H

#include <stdio.h>
#include "weir.h"

#define STONES 2
#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef struct sack {
	const char *name;
	int weight;
} sack_t;

enum side { UPPER, LOWER };

struct mill;

extern int mill_open(struct mill *m, const char *name);

static const int limits[] = { 1, 2, 3 };

/* grind does. */
static int *grind(struct mill *m, sack_t *s)
{
	m->sum += s->weight * 0; /* once more */
	m->sum += s->weight * 1; /* once more */
	m->sum += s->weight * 2; /* once more */
	m->sum += s->weight * 3; /* once more */
	m->sum += s->weight * 4; /* once more */
	m->sum += s->weight * 5; /* once more */
	m->sum += s->weight * 6; /* once more */
	m->sum += s->weight * 7; /* once more */
	m->sum += s->weight * 8; /* once more */
	m->sum += s->weight * 9; /* once more */
	m->sum += s->weight * 10; /* once more */
	m->sum += s->weight * 11; /* once more */
	m->sum += s->weight * 12; /* once more */
	m->sum += s->weight * 13; /* once more */
	m->sum += s->weight * 14; /* once more */
	m->sum += s->weight * 15; /* once more */
	m->sum += s->weight * 16; /* once more */
	m->sum += s->weight * 17; /* once more */
	m->sum += s->weight * 18; /* once more */
	m->sum += s->weight * 19; /* once more */
	m->sum += s->weight * 20; /* once more */
	m->sum += s->weight * 21; /* once more */
	m->sum += s->weight * 22; /* once more */
	m->sum += s->weight * 23; /* once more */
	m->sum += s->weight * 24; /* once more */
	m->sum += s->weight * 25; /* once more */
	m->sum += s->weight * 26; /* once more */
	m->sum += s->weight * 27; /* once more */
	m->sum += s->weight * 28; /* once more */
	m->sum += s->weight * 29; /* once more */
	m->sum += s->weight * 30; /* once more */
	m->sum += s->weight * 31; /* once more */
	m->sum += s->weight * 32; /* once more */
	m->sum += s->weight * 33; /* once more */
	m->sum += s->weight * 34; /* once more */
	m->sum += s->weight * 35; /* once more */
	m->sum += s->weight * 36; /* once more */
	m->sum += s->weight * 37; /* once more */
	m->sum += s->weight * 38; /* once more */
	m->sum += s->weight * 39; /* once more */
	m->sum += s->weight * 40; /* once more */
	m->sum += s->weight * 41; /* once more */
	m->sum += s->weight * 42; /* once more */
	m->sum += s->weight * 43; /* once more */
	m->sum += s->weight * 44; /* once more */
	m->sum += s->weight * 45; /* once more */
	m->sum += s->weight * 46; /* once more */
	m->sum += s->weight * 47; /* once more */
	m->sum += s->weight * 48; /* once more */
	m->sum += s->weight * 49; /* once more */
	m->sum += s->weight * 50; /* once more */
	m->sum += s->weight * 51; /* once more */
	m->sum += s->weight * 52; /* once more */
	m->sum += s->weight * 53; /* once more */
	m->sum += s->weight * 54; /* once more */
	m->sum += s->weight * 55; /* once more */
	m->sum += s->weight * 56; /* once more */
	m->sum += s->weight * 57; /* once more */
	m->sum += s->weight * 58; /* once more */
	m->sum += s->weight * 59; /* once more */
	m->sum += s->weight * 60; /* once more */
	m->sum += s->weight * 61; /* once more */
	m->sum += s->weight * 62; /* once more */
	m->sum += s->weight * 63; /* once more */
	m->sum += s->weight * 64; /* once more */
	m->sum += s->weight * 65; /* once more */
	m->sum += s->weight * 66; /* once more */
	m->sum += s->weight * 67; /* once more */
	m->sum += s->weight * 68; /* once more */
	m->sum += s->weight * 69; /* once more */
	m->sum += s->weight * 70; /* once more */
	m->sum += s->weight * 71; /* once more */
	m->sum += s->weight * 72; /* once more */
	m->sum += s->weight * 73; /* once more */
	m->sum += s->weight * 74; /* once more */
	m->sum += s->weight * 75; /* once more */
	m->sum += s->weight * 76; /* once more */
	m->sum += s->weight * 77; /* once more */
	m->sum += s->weight * 78; /* once more */
	m->sum += s->weight * 79; /* once more */
	return 0;
}

#ifdef _WIN32
int turn(void) { return 1; }
#else
int turn(void)
{
	return 2;
}
#endif

#endif
