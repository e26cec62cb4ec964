/* probe.c: asks a Redis Cluster about its slots, and about the schema of its data. */
#include "store/cluster/probe.h"

#include "base/log.h"
#include "store/schema/key.h"
#include "store/schema/schema.h"

void probe_open(struct probe *probe, struct nodes *nodes)
{
    *probe = (struct probe){ .nodes = nodes, .arena = arena_new() };
}

void probe_close(struct probe *probe)
{
    arena_free(probe->arena);
}

/* Ends the probe without an outcome, to be repeated. If the cluster refuses it for good, requests
 * are refused, too. */
static void end_untold(struct ask *ask, const struct reply *reply)
{
    struct probe *probe = ask->operation;
    bool refused = reply->kind == REPLY_ERROR && reply->text.ptr;

    if (refused)
        log_repeated(LOG_ERROR, "the cluster does not tell its slots, or its data's schema: %.*s",
                     STR_ARGS(reply->text));
    if (refused && reply->number == FAULTY)
        probe->nodes->absence = FAULTY;
    ask_end(ask, AWAY);
}

/* ---- the schema ---- */

static void ask_schema(struct ask *ask, ask_step *then)
{
    ask_then(ask, then);
    ASK(ask, STR("HMGET"), key_schema(ask), STR("version"), STR("shards"));
}

/* Writes the version and the number of shards, as data have them from their beginning. Another
 * worker may do so at the same time, so both are read again. */
static void mark_schema(struct ask *ask, ask_step *then)
{
    ask_then(ask, then);
    ASK(ask, STR("HSETNX"), key_schema(ask), STR("shards"),
        ask_number(ask, (int64_t)ask->settings->shards));
    ASK(ask, STR("HSETNX"), key_schema(ask), STR("version"), ask_number(ask, SCHEMA_VERSION));
    ASK(ask, STR("HMGET"), key_schema(ask), STR("version"), STR("shards"));
}

/* Gives the outcome of asks if the data have that schema; ASKING if they can be served. */
static enum outcome judge(struct nodes *nodes, const struct reply *reply)
{
    enum outcome outcome = schema_judge(reply_item(reply, 0));

    if (outcome == ASKING)
        outcome = schema_read_shards(reply_item(reply, 1), &nodes->settings->shards);
    if (outcome != ASKING) {
        log_repeated(LOG_ERROR, "cannot serve: %.*s", STR_ARGS(outcome_sentence(outcome)));
        return outcome;
    }
    if (nodes->settings->shards > 1)
        return ASKING;
    log_repeated(LOG_ERROR,
                 "cannot serve: the data is in one shard, which a Redis Cluster cannot hold");
    return FAULTY;
}

static void after_schema(struct ask *ask, const struct reply *replies)
{
    struct probe *probe = ask->operation;
    const struct reply *reply = &replies[ask->command_count - 1];
    bool marked = ask->command_count > 1;

    if (reply->kind != REPLY_LIST) {
        end_untold(ask, reply);
        return;
    }
    if (!reply_item(reply, 0).ptr && !marked &&
        probe->nodes->address->schema_use == SCHEMA_SERVED) {
        mark_schema(ask, after_schema);
        return;
    }
    probe->nodes->absence = reply_item(reply, 0).ptr ? judge(probe->nodes, reply) : ASKING;
    ask_end(ask, FOUND);
}

/* ---- the slots ---- */

static void after_slots(struct ask *ask, const struct reply *replies)
{
    struct probe *probe = ask->operation;
    const struct node *from = probe->from;

    probe->from = NULL;
    if (!nodes_learn(probe->nodes, from, &replies[0])) {
        end_untold(ask, &replies[0]);
        return;
    }
    if (probe->nodes->address->schema_use == SCHEMA_IGNORED) {
        probe->nodes->absence = ASKING;
        ask_end(ask, FOUND);
        return;
    }
    ask_schema(ask, after_schema);
}

bool probe_begin(struct probe *probe)
{
    probe->from = nodes_to_learn_from(probe->nodes);
    if (!probe->from)
        return false;
    arena_reset(probe->arena);
    ask_open(&probe->ask, probe->arena, probe->nodes->settings);
    probe->ask.operation = probe;
    probe->ask.takes_errors = true;
    probe->ask.reads_only = true;
    ask_then(&probe->ask, after_slots);
    ASK(&probe->ask, STR("CLUSTER"), STR("SLOTS"));
    return true;
}

void probe_end(struct probe *probe)
{
    if (probe->ask.outcome != FOUND)
        probe->nodes->stale = true;
}
