// SHA-1 for ids and checksums of git's own formats. It does not look for collision attacks: see SHA1.swift.
#ifndef ORCH_SHA1_H
#define ORCH_SHA1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A digest on its way; the members are the implementation's.
typedef struct {
  uint32_t state[5];
  uint64_t count;
  uint8_t rest[64];
  void (*blocks)(uint32_t state[5], const uint8_t *blocks, size_t count);
} orch_sha1;

// True if this processor has instructions for SHA-1 and this build knows them.
bool orch_sha1_is_accelerated(void);

// Begins a digest, with the processor's instructions if `accelerated` and it has them.
void orch_sha1_begin(orch_sha1 *hash, bool accelerated);

// Adds bytes; `bytes` may be NULL if `count` is 0.
void orch_sha1_add(orch_sha1 *hash, const void *bytes, size_t count);

// Ends the digest; `hash` is used up.
void orch_sha1_end(orch_sha1 *hash, uint8_t digest[20]);

#endif
