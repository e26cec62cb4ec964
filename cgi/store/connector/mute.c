/* mute.c: mutes connectors. */
#include "store/connector/mute.h"

#include "base/instant.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

static void ask_script(struct ask *ask, struct str id)
{
    ask_then(ask, document_end);
    ASK_SCRIPT(ask, &script_mute, key_connector(ask, id), key_prefix(ask, key_shard(ask, id)), id,
               ask_number(ask, instant_now().seconds), ask_number(ask, MUTED_MAX));
}

void mute_begin(struct ask *ask, struct str id, const struct mute *mute)
{
    ask_script(ask, id);
    ask_word_number(ask, mute->until);
    ask_word(ask, mute->note);
    ask_word(ask, mute->who);
}

void mute_end(struct ask *ask, struct str id)
{
    ask_script(ask, id);
}
