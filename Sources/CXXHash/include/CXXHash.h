// XXH3, header only and inlined: the checksums of every file and frame, and the state digest.
// It never links libxxhash; the wrappers exist because Swift imports no inline function of another header's macro.
#ifndef CXXHASH_H
#define CXXHASH_H

#define XXH_INLINE_ALL
// Swift compiles what it imports as it compiles itself, but says of it that nothing is inlined.
#define XXH_NO_INLINE_HINTS 0
#include <xxhash.h>

static inline uint64_t cxxhash_xxh3_64(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}

typedef struct {
    uint64_t low;
    uint64_t high;
} cxxhash_128;

static inline cxxhash_128 cxxhash_xxh3_128(const void *bytes, size_t count, uint64_t seed) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, count, seed);
    cxxhash_128 result = {hash.low64, hash.high64};
    return result;
}

// Asks for the memory at an address, of which nothing need be there, without waiting for it.
static inline void cxxhash_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
