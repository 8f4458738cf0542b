// SHA-1 per FIPS 180-4, with the processor's own instructions where it has them.
#include "sha1.h"

#include <stdatomic.h>
#include <string.h>

typedef void (*block_function)(uint32_t state[5], const uint8_t *blocks, size_t count);

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static uint32_t load(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint8_t *bytes, uint32_t word) {
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

#define ROUND(function, constant)                                      \
  do {                                                                 \
    uint32_t next = rotate(a, 5) + (function) + e + (constant) + w[i]; \
    e = d;                                                             \
    d = c;                                                             \
    c = rotate(b, 30);                                                 \
    b = a;                                                             \
    a = next;                                                          \
  } while (0)

static void portable_blocks(uint32_t state[5], const uint8_t *blocks, size_t count) {
  for (; count > 0; count--, blocks += 64) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) w[i] = load(blocks + 4 * i);
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 20; i++) ROUND(d ^ (b & (c ^ d)), 0x5A827999u);
    for (int i = 20; i < 40; i++) ROUND(b ^ c ^ d, 0x6ED9EBA1u);
    for (int i = 40; i < 60; i++) ROUND((b & c) | (d & (b | c)), 0x8F1BBCDCu);
    for (int i = 60; i < 80; i++) ROUND(b ^ c ^ d, 0xCA62C1D6u);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
  }
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

// Four rounds at a time; `kind` selects the function and constant of the round's fifth of the 80.
#define FOUR_ROUNDS(kind)                     \
  do {                                        \
    __m128i before = abcd;                    \
    abcd = _mm_sha1rnds4_epu32(abcd, e, kind); \
    e = before;                               \
  } while (0)

__attribute__((target("sha,sse4.1"))) static void x86_blocks(
    uint32_t state[5], const uint8_t *blocks, size_t count) {
  const __m128i reversed = _mm_set_epi64x(0x0001020304050607LL, 0x08090A0B0C0D0E0FLL);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1B);
  __m128i last = _mm_set_epi32((int)state[4], 0, 0, 0);
  for (; count > 0; count--, blocks += 64) {
    __m128i w[20];
    for (int i = 0; i < 4; i++) {
      __m128i words = _mm_loadu_si128((const __m128i *)(blocks + 16 * i));
      w[i] = _mm_shuffle_epi8(words, reversed);
    }
    for (int i = 4; i < 20; i++) {
      __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(w[i - 4], w[i - 3]), w[i - 2]);
      w[i] = _mm_sha1msg2_epu32(mixed, w[i - 1]);
    }
    const __m128i abcd_before = abcd;
    __m128i e = _mm_add_epi32(last, w[0]);
    FOUR_ROUNDS(0);
    for (int i = 1; i < 5; i++) {
      e = _mm_sha1nexte_epu32(e, w[i]);
      FOUR_ROUNDS(0);
    }
    for (int i = 5; i < 10; i++) {
      e = _mm_sha1nexte_epu32(e, w[i]);
      FOUR_ROUNDS(1);
    }
    for (int i = 10; i < 15; i++) {
      e = _mm_sha1nexte_epu32(e, w[i]);
      FOUR_ROUNDS(2);
    }
    for (int i = 15; i < 20; i++) {
      e = _mm_sha1nexte_epu32(e, w[i]);
      FOUR_ROUNDS(3);
    }
    last = _mm_sha1nexte_epu32(e, last);
    abcd = _mm_add_epi32(abcd, abcd_before);
  }
  _mm_storeu_si128((__m128i *)state, _mm_shuffle_epi32(abcd, 0x1B));
  state[4] = (uint32_t)_mm_extract_epi32(last, 3);
}

static bool find_x86_instructions(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

// Asked once: under a hypervisor each CPUID leaves the guest and takes tens of microseconds.
static bool has_x86_instructions(void) {
  static _Atomic int known = -1;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer < 0) {
    answer = find_x86_instructions();
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer == 1;
}
#endif

bool orch_sha1_is_accelerated(void) {
#if defined(__x86_64__)
  return has_x86_instructions();
#else
  return false;
#endif
}

static block_function blocks_of(bool accelerated) {
#if defined(__x86_64__)
  if (accelerated && has_x86_instructions()) return x86_blocks;
#else
  (void)accelerated;
#endif
  return portable_blocks;
}

void orch_sha1_begin(orch_sha1 *hash, bool accelerated) {
  static const uint32_t first[5] = {
      0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
  memcpy(hash->state, first, sizeof first);
  hash->count = 0;
  hash->blocks = blocks_of(accelerated);
}

void orch_sha1_add(orch_sha1 *hash, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  size_t filled = hash->count % 64;
  hash->count += count;
  if (filled > 0) {
    size_t part = count < 64 - filled ? count : 64 - filled;
    memcpy(hash->rest + filled, next, part);
    next += part;
    count -= part;
    if (filled + part < 64) return;
    hash->blocks(hash->state, hash->rest, 1);
  }
  hash->blocks(hash->state, next, count / 64);
  if (count % 64 > 0) memcpy(hash->rest, next + count / 64 * 64, count % 64);
}

void orch_sha1_end(orch_sha1 *hash, uint8_t digest[20]) {
  uint64_t bits = hash->count * 8;
  uint8_t padding[72] = {0x80};
  size_t length = (hash->count % 64 < 56 ? 56 : 120) - hash->count % 64;
  store(padding + length, (uint32_t)(bits >> 32));
  store(padding + length + 4, (uint32_t)bits);
  orch_sha1_add(hash, padding, length + 8);
  for (int i = 0; i < 5; i++) store(digest + 4 * i, hash->state[i]);
}
