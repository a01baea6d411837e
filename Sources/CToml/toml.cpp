#include "CToml.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <cstring>
#include <string>

namespace {

struct Visitor {
    void *context;
    void (*visit)(void *, const kindred_toml_piece *);

    void tell(kindred_toml_piece piece) const { visit(context, &piece); }

    void walk(const toml::node &node, const char *key) const
    {
        kindred_toml_piece piece = {};
        piece.line = static_cast<int>(node.source().begin.line);
        piece.key = key;
        if (const auto *table = node.as_table()) {
            piece.kind = kindred_toml_table;
            tell(piece);
            for (const auto &[name, value] : *table) {
                const std::string entry(name.str());
                walk(value, entry.c_str());
            }
            finish();
        } else if (const auto *array = node.as_array()) {
            piece.kind = kindred_toml_list;
            tell(piece);
            for (const auto &element : *array) walk(element, nullptr);
            finish();
        } else if (const auto *text = node.as_string()) {
            piece.kind = kindred_toml_text;
            piece.text = text->get().c_str();
            piece.text_length = text->get().size();
            tell(piece);
        } else if (const auto *integer = node.as_integer()) {
            piece.kind = kindred_toml_integer;
            piece.integer = integer->get();
            tell(piece);
        } else if (const auto *number = node.as_floating_point()) {
            piece.kind = kindred_toml_number;
            piece.number = number->get();
            tell(piece);
        } else if (const auto *flag = node.as_boolean()) {
            piece.kind = kindred_toml_flag;
            piece.flag = flag->get();
            tell(piece);
        } else {
            piece.kind = kindred_toml_other;
            piece.text = node.is_time() ? "time" : "date";
            piece.text_length = std::strlen(piece.text);
            tell(piece);
        }
    }

    void finish() const
    {
        kindred_toml_piece piece = {};
        piece.kind = kindred_toml_end;
        tell(piece);
    }
};

}  // namespace

bool kindred_toml_read(
    const char *text, size_t length, void *context, void (*visit)(void *context, const kindred_toml_piece *piece),
    kindred_toml_error *error)
{
    const toml::parse_result result = toml::parse(std::string_view(text, length));
    if (!result) {
        error->line = static_cast<int>(result.error().source().begin.line);
        const std::string message(result.error().description());
        std::strncpy(error->message, message.c_str(), sizeof error->message - 1);
        error->message[sizeof error->message - 1] = 0;
        return false;
    }
    Visitor{context, visit}.walk(result.table(), nullptr);
    return true;
}
