/* role.c: the words of access control. */
#include "api/common/role.h"

const char *const access_modes[] = {
    [ACCESS_OFF] = "off", [ACCESS_KEYS] = "keys", [ACCESS_PROXY] = "proxy", NULL
};

static const struct str roles[ROLE_COUNT] = {
    [ROLE_NONE] = STR_ROW(""),
    [ROLE_REPORT] = STR_ROW("report_connector"),
    [ROLE_VIEW] = STR_ROW("view_connector"),
    [ROLE_MONITOR] = STR_ROW("monitor_connector"),
    [ROLE_READ_SECRETS] = STR_ROW("read_connector_secrets"),
    [ROLE_WRITE_SECRETS] = STR_ROW("write_connector_secrets"),
    [ROLE_MANAGE] = STR_ROW("manage_connector"),
};

enum role role_read(struct str name)
{
    for (enum role role = ROLE_REPORT; role < ROLE_COUNT; role++)
        if (str_equal(name, roles[role]))
            return role;
    return ROLE_NONE;
}

struct str role_name(enum role role)
{
    return roles[role];
}
