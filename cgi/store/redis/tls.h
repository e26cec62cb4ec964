/* tls.h: TLS to Redis, if hiredis has it (1.0 and later). For this room. tls.c also has store.h's
 * store_tls_fault. */
#ifndef LASTSYNC_TLS_H
#define LASTSYNC_TLS_H

#include "store/redis/store.h"

struct redisContext;

/* Begins TLS on a connection that is being made. The server's certificate must be signed by a known
 * authority, and be for the address's host. Gives NULL, or why it cannot begin. */
const char *tls_begin(struct redisContext *connection, const struct store_address *address);

/* Why a connection has failed, in words, if it was for TLS; else NULL. */
const char *tls_failure(void);

#endif
