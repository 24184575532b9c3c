// SHA-256 of two messages at once. The processor's SHA instructions wait for one another within a message; those of a
// second message fill the wait, so that two take little longer than one. It hashes nothing where the processor has no
// such instructions: callers have another way then.
#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSHA256_DIGEST_LENGTH 32

/// Whether this processor hashes two messages at once.
bool csha256_has_pairs(void);

/// Writes the digests of two messages, each 32 bytes followed by `count` bytes, at least 32, that lie elsewhere.
/// Only where `csha256_has_pairs()`.
void csha256_pair(
    const uint8_t *first_head, const uint8_t *first, size_t first_count, const uint8_t *second_head,
    const uint8_t *second, size_t second_count, uint8_t *first_digest, uint8_t *second_digest);

#endif
