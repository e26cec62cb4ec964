/* access_credentials.c: reads the Authorization header. */
#include "api/common/access_credentials.h"

#include "base/base64.h"

static bool is_id_byte(char byte)
{
    char lower = str_lower(byte);

    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
           byte == '_';
}

bool key_id_is_valid(struct str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_id_byte(id.ptr[i]))
            return false;
    return id.len && id.len <= KEY_ID_MAX;
}

static bool secret_is_valid(struct str secret)
{
    for (size_t i = 0; i < secret.len; i++)
        if (secret.ptr[i] <= ' ' || secret.ptr[i] > '~')
            return false;
    return secret.len && secret.len <= KEY_SECRET_MAX;
}

static enum credentials_kind scheme_kind(struct str scheme)
{
    if (str_equal_ignoring_case(scheme, STR("ApiKey")))
        return CREDENTIALS_API_KEY;
    if (str_equal_ignoring_case(scheme, STR("Basic")))
        return CREDENTIALS_BASIC;
    return CREDENTIALS_NONE;
}

struct credentials credentials_read(struct str value, struct arena *arena)
{
    struct str rest = str_trim(str_or_empty(value)), scheme = str_take(&rest, ' '), pair;
    struct credentials credentials = { .kind = scheme_kind(scheme) };

    if (credentials.kind == CREDENTIALS_NONE)
        return credentials;
    if (value.len <= AUTHORIZATION_MAX) {
        pair = base64_read(str_trim(rest), arena);
        credentials.id = str_take(&pair, ':');
        credentials.secret = pair;
        if (key_id_is_valid(credentials.id) && secret_is_valid(credentials.secret))
            return credentials;
    }
    return (struct credentials){ .kind = credentials.kind, .broken = true };
}
