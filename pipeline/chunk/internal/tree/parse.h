// What this package uses of tree-sitter's C interface, version 0.25 (ABI 15),
// and the few functions around it. The binding compiles the library but keeps
// its header to itself.
#ifndef LEAT_PARSE_H
#define LEAT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct TSLanguage TSLanguage;
typedef struct TSTree TSTree;

typedef struct {
	uint32_t context[4];
	const void *id;
	const TSTree *tree;
} TSNode;

// leat_cost is what a parse takes, or may take.
typedef struct {
	uint64_t steps;     // of the parser
	uint64_t read;      // bytes that the lexer asked for
	uint64_t allocated; // bytes, whether freed again or not
} leat_cost;

// leat_job is one parse: its text, its budget, and its cost so far. The budget
// grows with the place that the parse has reached, so that a text that costs
// too much ends early, however long it is.
typedef struct {
	uint32_t size;
	leat_cost least, a_byte; // the budget at the beginning, and what each byte adds
	leat_cost cost;
	int32_t told; // by another thread: not 0 ends the parse
	bool starved; // malloc gave nothing: the machine's limit, not the budget
} leat_job;

// leat_child is a named child of a node.
typedef struct {
	TSNode node;
	uint32_t start, end;
	uint16_t kind, field;
} leat_child;

// leat_flat is a named node among all of a tree, in the order of the text.
typedef struct {
	uint16_t kind, field;
	uint32_t start, end;
	uint32_t next; // number of the first node that is not below this one
} leat_flat;

// leat_kept is a node of a list that may be asked for what is in its fields.
typedef struct {
	uint32_t at; // its number in the list
	TSNode node;
} leat_kept;

// leat_list is a list of nodes, and what is known of it.
typedef struct {
	uint32_t nodes, kept; // the numbers of both
	bool partial;         // leat_flatten may list other nodes than these
} leat_list;

void leat_start(void);
TSTree *leat_parse(const void *language, leat_job *job, const char *text);
void leat_tree_delete(TSTree *tree);
void leat_root(const TSTree *tree, leat_child *out);
uint32_t leat_child_count(TSNode node);
uint32_t leat_children(TSNode node, leat_child *out, uint32_t limit);
leat_list leat_list_all(const TSTree *tree, leat_flat *out, uint32_t limit, const bool *keep, uint32_t kinds, leat_kept *kept, uint32_t room);
bool leat_field(TSNode node, uint16_t field, leat_child *out);
uint32_t leat_count(const TSTree *tree);
uint32_t leat_flatten(const TSTree *tree, leat_flat *out, uint32_t limit);
uint32_t leat_kinds(const void *language);
const char *leat_kind(const void *language, uint16_t kind);
uint32_t leat_fields(const void *language);
const char *leat_field_name(const void *language, uint16_t field);

#endif
