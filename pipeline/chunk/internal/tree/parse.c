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
LIBRARY uint32_t ts_node_named_child_count(TSNode);
LIBRARY TSNode ts_node_child_by_field_id(TSNode, uint16_t);
LIBRARY TSTreeCursor ts_tree_cursor_new(TSNode);
LIBRARY void ts_tree_cursor_delete(TSTreeCursor *);
LIBRARY TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
LIBRARY uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *);
LIBRARY bool ts_tree_cursor_goto_first_child(TSTreeCursor *);
LIBRARY bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
LIBRARY uint32_t ts_language_symbol_count(const TSLanguage *);
LIBRARY const char *ts_language_symbol_name(const TSLanguage *, uint16_t);
LIBRARY uint32_t ts_language_field_count(const TSLanguage *);
LIBRARY const char *ts_language_field_name_for_id(const TSLanguage *, uint16_t);

// allocated is how many bytes the library has asked for on this thread. It
// counts what steps do not: recovery from errors that copies all it has read,
// again and again.
static _Thread_local uint64_t allocated;

// The library checks progress once in this many steps.
enum { steps_a_check = 100 };

// The lexer gets this much at a time, so that what it reads again counts.
enum { window = 4096 };

static const char *read_window(void *payload, uint32_t at, TSPoint point, uint32_t *size) {
	(void)point;
	leat_job *job = payload;
	*size = 0;
	if (at >= job->size || job->stopped) {
		job->read++; // looking at the end is not free either
		return NULL;
	}
	*size = job->size - at < window ? job->size - at : window;
	job->read += *size;
	if (job->read > job->max_read) {
		job->stopped = true;
	}
	return job->text + at;
}

static bool stop(TSParseState *state) {
	leat_job *job = state->payload;
	job->steps += steps_a_check;
	job->allocated = allocated;
	if (job->steps > job->max_steps || job->allocated > job->max_allocated) {
		job->stopped = true;
	}
	return job->stopped;
}

static void *checked(void *memory) {
	if (memory == NULL) {
		abort(); // as the library does; a Go program cannot go on either
	}
	return memory;
}

static void *count_malloc(size_t size) {
	allocated += size;
	return checked(malloc(size ? size : 1));
}

static void *count_calloc(size_t n, size_t size) {
	allocated += n * size;
	return checked(calloc(n ? n : 1, size ? size : 1));
}

static void *count_realloc(void *memory, size_t size) {
	allocated += size;
	return checked(realloc(memory, size ? size : 1));
}

void leat_start(void) {
	// The binding would send every allocation through Go, which takes longer
	// than the parse.
	ts_set_allocator(count_malloc, count_calloc, count_realloc, free);
}

// leat_parse parses with a parser of its own: one that was used before keeps
// memory, and what the next parse allocates would tell what came before it.
TSTree *leat_parse(const void *language, leat_job *job, const char *text) {
	leat_job run = *job;
	run.text = text;
	allocated = 0;
	TSTree *tree = NULL;
	TSParser *parser = ts_parser_new();
	if (ts_parser_set_language(parser, language)) {
		TSInput input = {.payload = &run, .read = read_window};
		TSParseOptions options = {.payload = &run, .progress = stop};
		tree = ts_parser_parse_with_options(parser, NULL, input, options);
	}
	ts_parser_delete(parser);
	if (run.stopped && tree != NULL) { // the lexer was told of an early end
		ts_tree_delete(tree);
		tree = NULL;
	}
	job->steps = run.steps;
	job->read = run.read;
	job->allocated = allocated;
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
