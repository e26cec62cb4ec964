/* ask.c: puts commands into an ask. */
#include "store/redis/ask.h"

#include "base/text.h"

enum { FIRST_COMMANDS = 4, FIRST_WORDS = 24, EXPECTED_OF_COMMAND = 512 };

struct str outcome_sentence(enum outcome outcome)
{
    static const struct str sentences[] = {
        [OUTDATED] = STR_ROW("the data has an older version of the schema: lastsync check --fix "
                             "upgrades it"),
        [NEWER] = STR_ROW("the data has a version of the schema that this lastsync does not know: "
                          "it is for a newer one"),
        [CLUSTERED] = STR_ROW("Redis is a node of a Redis Cluster, which has a part of the data "
                              "only: redis+cluster:// speaks to all of it"),
        [ALONE] = STR_ROW("Redis is no node of a Redis Cluster: redis:// speaks to it"),
    };

    return outcome < sizeof sentences / sizeof sentences[0] ? sentences[outcome]
                                                            : (struct str){ NULL, 0 };
}

void ask_open(struct ask *ask, struct arena *arena, const struct ask_settings *settings)
{
    *ask = (struct ask){ .arena = arena,
                         .settings = settings,
                         .shards = settings->shards,
                         .deadline = INT64_MAX,
                         .outcome = ASKING };
}

static void free_room(void *room)
{
    arena_free(room);
}

void ask_in_slices(struct ask *ask)
{
    ask->reads = true;
    for (size_t i = 0; i < 2; i++) {
        ask->rooms[i] = arena_new();
        arena_defer(ask->arena, free_room, ask->rooms[i]);
    }
}

struct arena *ask_memory(struct ask *ask)
{
    return ask->rooms[0] ? ask->rooms[ask->steps % 2] : ask->arena;
}

void ask_turn(struct ask *ask)
{
    ask->steps++;
    if (!ask->rooms[0])
        return;
    arena_reset(ask->rooms[ask->steps % 2]);
    ask->commands = NULL;
    ask->command_room = 0;
}

static struct command *add_command(struct ask *ask)
{
    struct arena *memory = ask_memory(ask);

    if (ask->command_count == ask->command_room) {
        size_t room = ask->command_room ? ask->command_room * 2 : FIRST_COMMANDS;

        ask->commands = arena_grow(memory, ask->commands, ask->command_room * sizeof *ask->commands,
                                   room * sizeof *ask->commands);
        ask->command_room = room;
    }
    ask->expected += EXPECTED_OF_COMMAND;
    return &ask->commands[ask->command_count++];
}

void ask_words(struct ask *ask, const struct str *words, size_t count)
{
    struct command *command = &ask->commands[ask->command_count - 1];

    if (command->room - command->count < count) {
        size_t room = command->room * 2 + count;

        command->words =
            arena_grow(ask_memory(ask), command->words, command->room * sizeof *command->words,
                       room * sizeof *command->words);
        command->room = room;
    }
    if (count)
        memcpy(command->words + command->count, words, count * sizeof *words);
    command->count += count;
}

void ask_at_node(struct ask *ask, unsigned node)
{
    ask->commands[ask->command_count - 1].node = node + 1;
}

void ask_word(struct ask *ask, struct str word)
{
    ask_words(ask, &word, 1);
}

void ask_word_number(struct ask *ask, int64_t number)
{
    ask_word(ask, ask_number(ask, number));
}

void ask_word_pairs(struct ask *ask, const struct pair *pairs, size_t count)
{
    ask_word_number(ask, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        ask_word(ask, pairs[i].name);
        ask_word(ask, pairs[i].value);
    }
}

void ask_command(struct ask *ask, const struct script *script, const struct str *words,
                 size_t count)
{
    struct command *command = add_command(ask);
    size_t room = script ? count + FIRST_WORDS : count;

    *command =
        (struct command){ script, arena_take(ask_memory(ask), room * sizeof *words), 0, room, 0 };
    ask_words(ask, words, count);
}

void ask_then(struct ask *ask, ask_step *next)
{
    ask->command_count = 0;
    ask->expected = 0;
    ask->next = next;
}

void ask_end(struct ask *ask, enum outcome outcome)
{
    ask_then(ask, NULL);
    ask->outcome = outcome;
}

struct str ask_number(struct ask *ask, int64_t number)
{
    struct text text = text_new(ask_memory(ask), 20);

    text_number(&text, number);
    return text_str(&text);
}
