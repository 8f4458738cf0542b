// zlib for the pack writer: git's object format is deflate, and libgit2 exports no compressor.
#ifndef ORCH_CZLIB_SHIM_H
#define ORCH_CZLIB_SHIM_H

#include <zlib.h>

// deflateInit2 is a macro over deflateInit2_ with the structure's size.
static inline int orch_deflate_init(z_stream *stream, int level) {
  return deflateInit(stream, level);
}

#endif
