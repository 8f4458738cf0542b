// libgit2, where it is built with mbedTLS (Debian, Ubuntu), parses the system's certificate bundle whenever it
// starts: 4 to 15 ms, most of what a short command takes. orch reaches the network through the git program only, so
// a program's own definition, which goes before that of the shared library, answers "none" instead. A TLS connection
// made through libgit2 would find no certificate that it could trust, and fail: nothing becomes less safe.
// See docs/decisions/0006-no-certificates.md.
#include "platform.h"

#ifdef __linux__
int mbedtls_x509_crt_parse_file(void *chain, const char *path) {
  (void)chain;
  (void)path;
  return 0;
}
#endif
