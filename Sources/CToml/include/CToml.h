// Reads TOML with toml++ and hands it over piece by piece, with the line that each piece stands on.
#ifndef CTOML_H
#define CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    kindred_toml_text,
    kindred_toml_integer,
    kindred_toml_number,
    kindred_toml_flag,
    kindred_toml_other,  // a date or a time
    kindred_toml_list,   // its elements follow, then an end
    kindred_toml_table,  // its entries follow, then an end
    kindred_toml_end,
} kindred_toml_kind;

typedef struct {
    kindred_toml_kind kind;
    int line;          // from 1
    const char *key;   // of an entry of a table, else NULL; valid during the call, as text is
    const char *text;  // of `text`, zero-terminated; of `other` the name of its type
    size_t text_length;
    int64_t integer;
    double number;
    bool flag;
} kindred_toml_piece;

typedef struct {
    int line;
    char message[256];
} kindred_toml_error;

/// Calls `visit` with each piece of the document, the root table first. Returns false and fills `error` where the text
/// is not TOML; nothing is visited then.
bool kindred_toml_read(
    const char *text, size_t length, void *context, void (*visit)(void *context, const kindred_toml_piece *piece),
    kindred_toml_error *error);

#ifdef __cplusplus
}
#endif

#endif
