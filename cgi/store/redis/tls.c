/* tls.c: TLS to Redis. hiredis's own context compares no host's name with the certificate, so
 * OpenSSL's is made here. */
#include "store/redis/tls.h"

#ifdef WITH_TLS

#include <errno.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SENTENCE_MAX = 1200 };

static char sentence[SENTENCE_MAX];
static int verify_error; /* X509_V_OK, or why the last certificate was refused */

static bool shows_certificate; /* whether we show a certificate to Redis */

/* The reason of OpenSSL's first error since they were cleared, which may be the system's. */
static const char *first_reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);

    if (ERR_SYSTEM_ERROR(code))
        return strerror(ERR_GET_REASON(code));
    return reason ? reason : "it cannot be read";
}

static const char *complain(const char *what, const char *path)
{
    (void)snprintf(sentence, sizeof sentence, "%s \"%s\" cannot be used: %s", what, path,
                   first_reason());
    return sentence;
}

static int note_verdict(int accepted, X509_STORE_CTX *certificate)
{
    if (!accepted)
        verify_error = X509_STORE_CTX_get_error(certificate);
    return accepted;
}

/* Reads the files that the address names. */
static const char *read_files(SSL_CTX *context, const struct store_address *address)
{
    ERR_clear_error();
    if (address->ca_file && !SSL_CTX_load_verify_file(context, address->ca_file))
        return complain("the file of authorities for TLS", address->ca_file);
    if (!address->ca_file)
        (void)SSL_CTX_set_default_verify_paths(context);
    if (!address->certificate_file)
        return NULL;
    if (!SSL_CTX_use_certificate_chain_file(context, address->certificate_file))
        return complain("the certificate for Redis", address->certificate_file);
    if (!SSL_CTX_use_PrivateKey_file(context, address->key_file, SSL_FILETYPE_PEM) ||
        !SSL_CTX_check_private_key(context))
        return complain("the key for Redis", address->key_file);
    return NULL;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context)
        abort();
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_verdict);
    return context;
}

const char *store_tls_fault(const struct store_address *address)
{
    SSL_CTX *context = new_context();
    const char *fault = read_files(context, address);

    SSL_CTX_free(context);
    return fault;
}

/* Says whose certificate it must be: an address's, or a name's, which is also asked for (SNI). */
static void expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host))
        return;
    if (!SSL_set1_host(ssl, host) || !SSL_set_tlsext_host_name(ssl, host))
        abort();
}

const char *tls_begin(struct redisContext *connection, const struct store_address *address)
{
    static SSL_CTX *context; /* for all connections of the process */
    SSL *ssl;

    if (!context) {
        SSL_CTX *made = new_context();
        const char *fault = read_files(made, address);

        if (fault) {
            SSL_CTX_free(made);
            return fault;
        }
        context = made;
    }
    ssl = SSL_new(context);
    if (!ssl)
        abort();
    expect_host(ssl, address->host);
    shows_certificate = address->certificate_file != NULL;
    verify_error = X509_V_OK;
    ERR_clear_error();
    if (redisInitiateSSL(connection, ssl) == REDIS_OK)
        return NULL;
    SSL_free(ssl); /* hiredis takes it over only if it begins */
    if (tls_failure())
        return sentence;
    return connection->errstr[0] ? connection->errstr : "TLS cannot begin";
}

/* A server that wants a certificate from us says so and closes at once; the message may be lost. */
static const char *hint(void)
{
    unsigned long code = ERR_peek_error();
    bool cut = ERR_SYSTEM_ERROR(code) &&
               (ERR_GET_REASON(code) == ECONNRESET || ERR_GET_REASON(code) == EPIPE);

    return cut && !shows_certificate
               ? "; if it wants a certificate, name one with --redis-certificate-file"
               : "";
}

const char *tls_failure(void)
{
    if (verify_error != X509_V_OK)
        (void)snprintf(sentence, sizeof sentence, "its certificate is not accepted: %s",
                       X509_verify_cert_error_string(verify_error));
    else if (ERR_peek_last_error())
        (void)snprintf(sentence, sizeof sentence, "TLS: %s%s", first_reason(), hint());
    else
        return NULL;
    verify_error = X509_V_OK;
    ERR_clear_error();
    return sentence;
}

#else

const char *tls_begin(struct redisContext *connection, const struct store_address *address)
{
    (void)connection;
    return store_tls_fault(address);
}

const char *tls_failure(void)
{
    return NULL;
}

const char *store_tls_fault(const struct store_address *address)
{
    (void)address;
    return "this lastsync was built without TLS for Redis (it needs hiredis 1.0 or later with "
           "libhiredis_ssl): use a Unix socket, or stunnel";
}

#endif
