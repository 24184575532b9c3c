#include <zlib.h>

/// deflateInit2 is a macro, which Swift does not see: a gzip stream (RFC 1952) at this level.
static inline int czlib_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
