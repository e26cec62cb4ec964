/* ended.c: reads the status and error of the last ended sync. */
#include "store/connector/ended.h"

#include "store/schema/fields.h"

static bool has_ended(struct str status)
{
    static const bool ends[SYNC_STATUSES] = {
#define IS_ENDED                                    true
#define IS_RUNNING                                  false
#define IS_WAITING                                  false
#define SYNC_STATUS(enumerator, word, nature, code) [enumerator] = IS_##nature,
#include "store/schema/words.def"
    };

    for (size_t i = 0; i < SYNC_STATUSES; i++)
        if (str_equal(str_or_empty(status), sync_status_words[i]))
            return ends[i];
    return false;
}

struct ended ended_read(struct str status, struct str error, struct str apart)
{
    struct str kept = apart, kept_status = str_take(&kept, ' ');

    if (has_ended(status))
        return (struct ended){ status, error };
    return kept_status.ptr ? (struct ended){ kept_status, kept }
                           : (struct ended){ kept_status, error };
}
