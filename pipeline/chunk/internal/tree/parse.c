#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>

#include "parse.h"

typedef struct TSParser TSParser;

typedef struct {
	uint32_t row, column;
} TSPoint;

typedef struct {
	void *payload;
	const char *(*read)(void *payload, uint32_t at, TSPoint point, uint32_t *size);
	int encoding;
	uint32_t (*decode)(const uint8_t *text, uint32_t size, int32_t *rune);
} TSInput;

typedef struct {
	void *payload;
	uint32_t at;
	bool has_error;
} TSParseState;

typedef struct {
	void *payload;
	bool (*progress)(TSParseState *state);
} TSParseOptions;

typedef struct {
	const void *tree;
	const void *id;
	uint32_t context[3];
} TSTreeCursor;

// Weak, because cgo links each package by itself first, where the library is
// not at hand; the program's link finds all of them.
#define LIBRARY extern __attribute__((weak))
LIBRARY void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *));
LIBRARY TSParser *ts_parser_new(void);
LIBRARY void ts_parser_delete(TSParser *);
LIBRARY bool ts_parser_set_language(TSParser *, const TSLanguage *);
LIBRARY TSTree *ts_parser_parse_with_options(TSParser *, const TSTree *, TSInput, TSParseOptions);
LIBRARY void ts_tree_delete(TSTree *);
LIBRARY TSNode ts_tree_root_node(const TSTree *);
LIBRARY uint16_t ts_node_symbol(TSNode);
LIBRARY uint32_t ts_node_start_byte(TSNode);
LIBRARY uint32_t ts_node_end_byte(TSNode);
LIBRARY bool ts_node_is_null(TSNode);
LIBRARY bool ts_node_is_named(TSNode);
LIBRARY uint32_t ts_node_child_count(TSNode);
LIBRARY uint32_t ts_node_named_child_count(TSNode);
LIBRARY uint32_t ts_node_descendant_count(TSNode);
LIBRARY TSNode ts_node_child_by_field_id(TSNode, uint16_t);
LIBRARY TSTreeCursor ts_tree_cursor_new(TSNode);
LIBRARY void ts_tree_cursor_delete(TSTreeCursor *);
LIBRARY TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
LIBRARY uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
LIBRARY bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
LIBRARY bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
LIBRARY bool ts_tree_cursor_goto_parent(TSTreeCursor *);
LIBRARY uint32_t ts_language_symbol_count(const TSLanguage *);
LIBRARY const char *ts_language_symbol_name(const TSLanguage *, uint16_t);
LIBRARY uint32_t ts_language_field_count(const TSLanguage *);
LIBRARY const char *ts_language_field_name_for_id(const TSLanguage *, uint16_t);

// The library checks progress once in this many steps.
enum { steps_a_check = 100 };

// The lexer gets this much at a time, so that what it reads again counts.
enum { window = 4096 };

// header stands before each piece of memory that the library asks for. The
// pieces of a parse form a ring, so that a parse that is left in the middle
// gives back everything. A ring needs no head: once the parse has ended well,
// the pieces of its tree leave it one by one.
typedef struct header {
	struct header *previous, *next;
} header;

_Static_assert(sizeof(header) % _Alignof(max_align_t) == 0, "a piece is not aligned");

// parse is one that is under way.
typedef struct {
	leat_job *job;
	const char *text;
	uint32_t reached; // the place in the text up to which it was parsed
	leat_cost limit;  // at that place
	bool stopped;     // it may go on no longer
	header pieces;
	jmp_buf escape;
} parse;

// current is the parse under way on this thread.
static _Thread_local parse *current;

static const char *read_window(void *payload, uint32_t at, TSPoint point, uint32_t *size) {
	(void)point;
	parse *p = payload;
	leat_job *job = p->job;
	*size = 0;
	if (at >= job->size || p->stopped) {
		job->cost.read++; // looking at the end is not free either
		return NULL;
	}
	*size = job->size - at < window ? job->size - at : window;
	job->cost.read += *size;
	if (job->cost.read > p->limit.read) {
		p->stopped = true;
	}
	return p->text + at;
}

// reach raises the budget to that of a place in the text.
static void reach(parse *p, uint32_t at) {
	const leat_job *job = p->job;
	p->reached = at;
	p->limit.steps = job->least.steps + at * job->a_byte.steps;
	p->limit.read = job->least.read + at * job->a_byte.read;
	p->limit.allocated = job->least.allocated + at * job->a_byte.allocated;
}

static bool progress(TSParseState *state) {
	parse *p = state->payload;
	if (state->at > p->reached) {
		reach(p, state->at);
	}
	p->job->cost.steps += steps_a_check;
	if (p->job->cost.steps > p->limit.steps || __atomic_load_n(&p->job->told, __ATOMIC_RELAXED) != 0) {
		p->stopped = true;
	}
	return p->stopped;
}

// charge counts what is asked for. The library cannot be refused memory, so a
// parse over its budget is left by a jump, at the same allocation on every
// machine: between two looks at its progress it may ask for gigabytes.
static void charge(size_t size) {
	if (current == NULL) {
		return; // a cursor on a tree
	}
	current->job->cost.allocated += size;
	if (current->job->cost.allocated > current->limit.allocated) {
		current->stopped = true;
		longjmp(current->escape, 1);
	}
}

// enter adds a piece to the ring of the parse, and returns what follows its
// header.
static void *enter(header *piece) {
	if (piece == NULL) {
		if (current == NULL) {
			abort(); // as the library does
		}
		current->job->starved = true;
		longjmp(current->escape, 1);
	}
	header *after = current == NULL ? NULL : &current->pieces;
	if (after == NULL) {
		piece->previous = piece->next = piece;
	} else {
		piece->previous = after;
		piece->next = after->next;
		piece->next->previous = piece;
		after->next = piece;
	}
	return piece + 1;
}

static void leave(header *piece) {
	piece->previous->next = piece->next;
	piece->next->previous = piece->previous;
}

static void *count_malloc(size_t size) {
	charge(size);
	return enter(malloc(sizeof(header) + size));
}

static void *count_calloc(size_t n, size_t size) {
	charge(n * size);
	return enter(calloc(1, sizeof(header) + n * size));
}

static void *count_realloc(void *memory, size_t size) {
	charge(size);
	if (memory == NULL) {
		return enter(malloc(sizeof(header) + size));
	}
	header *piece = (header *)memory - 1;
	header *moved = realloc(piece, sizeof(header) + size);
	if (moved == NULL) {
		return enter(NULL); // the old piece is still in the ring
	}
	if (moved->next == piece) {
		moved->previous = moved->next = moved; // it was alone
	} else {
		moved->previous->next = moved;
		moved->next->previous = moved;
	}
	return moved + 1;
}

static void count_free(void *memory) {
	if (memory != NULL) {
		header *piece = (header *)memory - 1;
		leave(piece);
		free(piece);
	}
}

void leat_start(void) {
	// The binding would send every allocation through Go, which takes longer
	// than the parse.
	ts_set_allocator(count_malloc, count_calloc, count_realloc, count_free);
}

// free_pieces gives back all that a parse still holds.
static void free_pieces(parse *p) {
	for (header *piece = p->pieces.next, *next; piece != &p->pieces; piece = next) {
		next = piece->next;
		free(piece);
	}
}

// leat_parse parses with a parser of its own: one that was used before keeps
// memory, so the cost of the next parse would depend on the one before it.
TSTree *leat_parse(const void *language, leat_job *job, const char *text) {
	parse p = {.job = job, .text = text};
	p.pieces.previous = p.pieces.next = &p.pieces;
	reach(&p, 0);
	current = &p;
	if (_setjmp(p.escape) != 0) {
		current = NULL;
		free_pieces(&p);
		return NULL;
	}
	TSTree *tree = NULL;
	TSParser *parser = ts_parser_new();
	if (ts_parser_set_language(parser, language)) {
		TSInput input = {.payload = &p, .read = read_window};
		TSParseOptions options = {.payload = &p, .progress = progress};
		tree = ts_parser_parse_with_options(parser, NULL, input, options);
	}
	ts_parser_delete(parser);
	current = NULL;
	if (p.stopped && tree != NULL) { // the lexer was told of an early end
		ts_tree_delete(tree);
		tree = NULL;
	}
	leave(&p.pieces);
	return tree;
}

void leat_tree_delete(TSTree *tree) {
	ts_tree_delete(tree);
}

static void describe(TSNode node, uint16_t field, leat_child *out) {
	out->node = node;
	out->start = ts_node_start_byte(node);
	out->end = ts_node_end_byte(node);
	out->kind = ts_node_symbol(node);
	out->field = field;
}

void leat_root(const TSTree *tree, leat_child *out) {
	describe(ts_tree_root_node(tree), 0, out);
}

uint32_t leat_child_count(TSNode node) {
	return ts_node_named_child_count(node);
}

uint32_t leat_children(TSNode node, leat_child *out, uint32_t limit) {
	uint32_t n = 0;
	TSTreeCursor cursor = ts_tree_cursor_new(node);
	for (bool more = ts_tree_cursor_goto_first_child(&cursor); more && n < limit; more = ts_tree_cursor_goto_next_sibling(&cursor)) {
		TSNode child = ts_tree_cursor_current_node(&cursor);
		if (ts_node_is_named(child)) {
			describe(child, ts_tree_cursor_current_field_id(&cursor), &out[n++]);
		}
	}
	ts_tree_cursor_delete(&cursor);
	return n;
}

uint32_t leat_count(const TSTree *tree) {
	return ts_node_descendant_count(ts_tree_root_node(tree));
}

// How deep the nodes of a tree are listed. A node further down is left out with all
// below it. The chunker stops before it comes so deep.
enum { flatten_depth = 1000, list_depth = 4000 };

// close_node ends a node of a list: the next one is not below it.
static void close_node(leat_flat *out, uint32_t at, uint32_t next) {
	if (at != UINT32_MAX) {
		out[at].next = next;
	}
}

// advance leaves the node that the cursor is on, and all above it that have no more
// below them. It returns false at the end of the tree.
static bool advance(TSTreeCursor *cursor, leat_flat *out, const uint32_t *open, uint32_t *depth, uint32_t n) {
	for (;;) {
		close_node(out, open[*depth], n);
		if (*depth == 0) {
			return false;
		}
		if (ts_tree_cursor_goto_next_sibling(cursor)) {
			return true;
		}
		ts_tree_cursor_goto_parent(cursor);
		(*depth)--;
	}
}

static void flat(TSNode node, const TSTreeCursor *cursor, leat_flat *out) {
	out->kind = ts_node_symbol(node);
	out->field = ts_tree_cursor_current_field_id(cursor);
	out->start = ts_node_start_byte(node);
	out->end = ts_node_end_byte(node);
}

// leat_flatten lists the named nodes of a tree, each before those below it, and
// returns their number; 0 if there are more than limit. It keeps no memory but the
// cursor's, and takes time in proportion to the tree.
uint32_t leat_flatten(const TSTree *tree, leat_flat *out, uint32_t limit) {
	uint32_t open[flatten_depth]; // the number of the node at each depth; UINT32_MAX: it is not named
	uint32_t n = 0, depth = 0;
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	for (;;) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		open[depth] = UINT32_MAX;
		if (ts_node_is_named(node)) {
			if (n == limit) {
				n = 0;
				break;
			}
			open[depth] = n;
			flat(node, &cursor, &out[n++]);
		}
		if (depth + 1 < flatten_depth && ts_tree_cursor_goto_first_child(&cursor)) {
			depth++;
		} else if (!advance(&cursor, out, open, &depth, n)) {
			break;
		}
	}
	ts_tree_cursor_delete(&cursor);
	return n;
}

// leat_list_all lists the named nodes that stand below named nodes alone, each before
// those below it. It keeps the nodes of the kinds that are to be kept: as many as there
// is room for, and it counts the others. There are no nodes if there are more than limit.
leat_list leat_list_all(const TSTree *tree, leat_flat *out, uint32_t limit, const bool *keep, uint32_t kinds, leat_kept *kept, uint32_t room) {
	uint32_t open[list_depth];
	uint32_t depth = 0;
	leat_list list = {0};
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	for (;;) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		bool named = ts_node_is_named(node);
		open[depth] = UINT32_MAX;
		if (named) {
			if (list.nodes == limit) {
				list.nodes = 0;
				break;
			}
			leat_flat *to = &out[list.nodes];
			flat(node, &cursor, to);
			if (to->kind < kinds && keep[to->kind]) {
				if (list.kept < room) {
					kept[list.kept] = (leat_kept){.at = list.nodes, .node = node};
				}
				list.kept++;
			}
			open[depth] = list.nodes++;
			list.partial = list.partial || depth >= flatten_depth;
		} else {
			list.partial = list.partial || ts_node_child_count(node) > 0;
		}
		if (named && depth + 1 < list_depth && ts_tree_cursor_goto_first_child(&cursor)) {
			depth++;
		} else if (!advance(&cursor, out, open, &depth, list.nodes)) {
			break;
		}
	}
	ts_tree_cursor_delete(&cursor);
	return list;
}

bool leat_field(TSNode node, uint16_t field, leat_child *out) {
	TSNode child = ts_node_child_by_field_id(node, field);
	if (ts_node_is_null(child)) {
		return false;
	}
	describe(child, field, out);
	return true;
}

uint32_t leat_kinds(const void *language) {
	return ts_language_symbol_count(language);
}

const char *leat_kind(const void *language, uint16_t kind) {
	return ts_language_symbol_name(language, kind);
}

uint32_t leat_fields(const void *language) {
	return ts_language_field_count(language);
}

const char *leat_field_name(const void *language, uint16_t field) {
	return ts_language_field_name_for_id(language, field);
}
