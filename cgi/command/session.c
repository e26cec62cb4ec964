/* session.c: opens stores for commands. */
#include "command/session.h"

#include <signal.h>
#include <stdio.h>

#include "base/text.h"
#include "base/utf8.h"
#include "store/upkeep/scan.h"

void session_open(struct session *session, enum schema_use schema_use)
{
    struct config *config = &session->config;

    config->address.schema_use = schema_use;
    session->arena = arena_new();
    session->settings = config_settings(config);
    session->store = command_open_store(config, &session->settings);
}

void session_close(struct session *session)
{
    store_close(session->store);
    arena_free(session->arena);
}

void session_ask(struct session *session, struct ask *ask)
{
    ask_open(ask, session->arena, &session->settings);
}

void session_read_wholes(struct session *session, struct whole *wholes, struct ask *asks,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        session_ask(session, &asks[i]);
        whole_read(&asks[i], &wholes[i]);
        store_send(session->store, &asks[i]);
    }
    while (store_pending(session->store))
        store_flush(session->store);
}

int session_measure(struct session *session, uint64_t *keys)
{
    struct ask ask;

    session_ask(session, &ask);
    scan_measure(&ask, keys);
    if (command_await(session->store, &ask) != FOUND)
        return command_fail_store(ask.outcome);
    arena_reset(session->arena);
    return COMMAND_DONE;
}

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
    caught = number;
}

void session_catch_signals(void)
{
    struct sigaction action = { .sa_handler = note_signal };

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int session_signal(void)
{
    return caught;
}

static void add_escape(struct text *text, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";

    text_add(text, STR("\\u00"));
    text_byte(text, hex[byte >> 4]);
    text_byte(text, hex[byte & 15]);
}

/* Escapes the control characters that JSON lets stand, of which a terminal may move its cursor. */
static struct str without_controls(struct str json, struct arena *arena)
{
    struct text safe = text_new(arena, json.len + 16);

    for (size_t i = 0; i < json.len; i++) {
        unsigned char byte = (unsigned char)json.ptr[i];
        bool is_pair = byte == 0xc2 && i + 1 < json.len && (unsigned char)json.ptr[i + 1] < 0xa0;

        if (is_pair || byte == 0x7f)
            add_escape(&safe, is_pair ? (unsigned char)json.ptr[++i] : byte);
        else
            text_byte(&safe, (char)byte);
    }
    return text_str(&safe);
}

struct str session_quote(struct str text, struct arena *arena)
{
    struct text quoted = text_new(arena, text.len + 16);
    char *copy = arena_take(arena, text.len + 1);

    memcpy(copy, text.len ? text.ptr : "", text.len);
    for (size_t i = 0; i < text.len;) {
        bool ascii = (unsigned char)copy[i] < 0x80;
        size_t length = ascii ? 1 : utf8_length(copy + i, text.len - i);

        if (!length)
            copy[i] = '?';
        i += length ? length : 1;
    }
    text_json(&quoted, (struct str){ copy, text.len });
    return without_controls(text_str(&quoted), arena);
}
