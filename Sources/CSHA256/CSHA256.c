// FIPS 180-4 with the SHA extensions of x86-64. Names are those of the standard.

#include "CSHA256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))
#define BLOCK 64

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t H0[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

bool csha256_has_pairs(void) {
    unsigned int a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/// Takes `blocks` blocks of each of `lanes` messages, turn about, so that no instruction waits for the one before it.
static inline __attribute__((always_inline)) WITH_SHA void compress(
    uint32_t (*h)[8], const uint8_t *const *messages, size_t blocks, int lanes) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
    // The instructions want the eight words as a, b, e, f and c, d, g, h.
    __m128i abef[2], cdgh[2];
    for (int lane = 0; lane < lanes; lane++) {
        __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&h[lane][0]), 0xB1);
        __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&h[lane][4]), 0x1B);
        abef[lane] = _mm_alignr_epi8(badc, hgfe, 8);
        cdgh[lane] = _mm_blend_epi16(hgfe, badc, 0xF0);
    }
    for (size_t block = 0; block < blocks; block++) {
        __m128i abef_before[2], cdgh_before[2], w[2][4];
        for (int lane = 0; lane < lanes; lane++) {
            abef_before[lane] = abef[lane];
            cdgh_before[lane] = cdgh[lane];
            const __m128i *words = (const __m128i *)(messages[lane] + BLOCK * block);
            for (int i = 0; i < 4; i++) w[lane][i] = _mm_shuffle_epi8(_mm_loadu_si128(words + i), big_endian);
        }
#pragma clang loop unroll(full)
        for (int round = 0; round < 16; round++) {
            const __m128i k = _mm_loadu_si128((const __m128i *)&K[4 * round]);
#pragma clang loop unroll(full)
            for (int lane = 0; lane < lanes; lane++) {
                __m128i *m = w[lane];
                __m128i wk = _mm_add_epi32(m[round & 3], k);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], wk);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(wk, 0x0E));
                if (round < 12) {
                    __m128i next = _mm_sha256msg1_epu32(m[round & 3], m[(round + 1) & 3]);
                    next = _mm_add_epi32(next, _mm_alignr_epi8(m[(round + 3) & 3], m[(round + 2) & 3], 4));
                    m[round & 3] = _mm_sha256msg2_epu32(next, m[(round + 3) & 3]);
                }
            }
        }
        for (int lane = 0; lane < lanes; lane++) {
            abef[lane] = _mm_add_epi32(abef[lane], abef_before[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_before[lane]);
        }
    }
    for (int lane = 0; lane < lanes; lane++) {
        __m128i feba = _mm_shuffle_epi32(abef[lane], 0x1B);
        __m128i dchg = _mm_shuffle_epi32(cdgh[lane], 0xB1);
        _mm_storeu_si128((__m128i *)&h[lane][0], _mm_blend_epi16(feba, dchg, 0xF0));
        _mm_storeu_si128((__m128i *)&h[lane][4], _mm_alignr_epi8(dchg, feba, 8));
    }
}

/// Takes the rest of a message of `count` bytes in all, its padding, and writes the digest.
static WITH_SHA void finish(uint32_t (*h)[8], const uint8_t *rest, size_t rest_count, size_t count, uint8_t *digest) {
    const size_t whole = rest_count / BLOCK;
    compress(h, &rest, whole, 1);
    uint8_t last[2 * BLOCK] = {0};
    const size_t left = rest_count - BLOCK * whole;
    memcpy(last, rest + BLOCK * whole, left);
    last[left] = 0x80;
    const size_t length = left + 9 > BLOCK ? 2 * BLOCK : BLOCK;
    for (int i = 0; i < 8; i++) last[length - 1 - i] = (uint8_t)((uint64_t)count * 8 >> 8 * i);
    const uint8_t *message = last;
    compress(h, &message, length / BLOCK, 1);
    for (int i = 0; i < CSHA256_DIGEST_LENGTH; i++) digest[i] = (uint8_t)((*h)[i / 4] >> (24 - 8 * (i % 4)));
}

WITH_SHA void csha256_pair(
    const uint8_t *first_head, const uint8_t *first, size_t first_count, const uint8_t *second_head,
    const uint8_t *second, size_t second_count, uint8_t *first_digest, uint8_t *second_digest) {
    const size_t head = 32;
    uint32_t h[2][8];
    uint8_t start[2][BLOCK];
    memcpy(h[0], H0, sizeof H0);
    memcpy(h[1], H0, sizeof H0);
    memcpy(start[0], first_head, head);
    memcpy(start[0] + head, first, BLOCK - head);
    memcpy(start[1], second_head, head);
    memcpy(start[1] + head, second, BLOCK - head);
    const uint8_t *messages[2] = {start[0], start[1]};
    compress(h, messages, 1, 2);
    const size_t taken = BLOCK - head;
    const size_t shorter = first_count < second_count ? first_count : second_count;
    const size_t shared = (shorter - taken) / BLOCK;
    messages[0] = first + taken;
    messages[1] = second + taken;
    compress(h, messages, shared, 2);
    const size_t done = taken + BLOCK * shared;
    finish(&h[0], first + done, first_count - done, head + first_count, first_digest);
    finish(&h[1], second + done, second_count - done, head + second_count, second_digest);
}

#else

bool csha256_has_pairs(void) { return false; }

void csha256_pair(
    const uint8_t *first_head, const uint8_t *first, size_t first_count, const uint8_t *second_head,
    const uint8_t *second, size_t second_count, uint8_t *first_digest, uint8_t *second_digest) {
    __builtin_trap();
}

#endif
