/* ask.c: puts commands into an ask. */
#include "store/redis/ask.h"

#include "base/text.h"

enum { FIRST_ROOM = 4 };

void ask_open(struct ask *ask, struct arena *arena, const struct ask_settings *settings)
{
    *ask = (struct ask){ .arena = arena, .settings = settings, .outcome = ASKING };
}

struct str *ask_command(struct ask *ask, const struct script *script, size_t count)
{
    struct str *arguments = arena_take(ask->arena, count * sizeof *arguments);

    if (ask->command_count == ask->command_room) {
        size_t room = ask->command_room ? ask->command_room * 2 : FIRST_ROOM;

        ask->commands =
            arena_grow(ask->arena, ask->commands, ask->command_room * sizeof *ask->commands,
                       room * sizeof *ask->commands);
        ask->command_room = room;
    }
    ask->commands[ask->command_count++] = (struct command){ script, arguments, count };
    return arguments;
}

void ask_then(struct ask *ask, ask_step *next)
{
    ask->command_count = 0;
    ask->next = next;
}

void ask_end(struct ask *ask, enum outcome outcome)
{
    ask_then(ask, NULL);
    ask->outcome = outcome;
}

struct str ask_number(struct ask *ask, int64_t number)
{
    return arena_format(ask->arena, "%lld", (long long)number);
}
