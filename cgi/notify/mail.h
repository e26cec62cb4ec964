/* mail.h: writes messages as e-mails. */
#ifndef LASTSYNC_NOTIFY_MAIL_H
#define LASTSYNC_NOTIFY_MAIL_H

#include "notify/message.h"

/* Whether the text can stand for an address: a part before an '@', and one after it, of printable
 * ASCII without the characters that have a meaning in headers and in SMTP. */
bool mail_is_address(struct str text);

/* Gives the e-mail for a target of the type email, with its headers (RFC 5322): the subject is the
 * first line that people read, the text has all of them, and the pages of their connectors if the
 * target has the dashboard's address. The same events give the same Message-ID. */
struct str mail_write(const struct message *message, const struct target *target,
                      struct arena *arena);

#endif
