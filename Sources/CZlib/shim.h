#ifndef AUTOIMAGE_CZLIB_SHIM_H
#define AUTOIMAGE_CZLIB_SHIM_H

#include <zlib.h>

/// deflateInit2 is a macro, which Swift cannot call. windowBits -15 writes deflate blocks without header or checksum.
static inline int autoimage_deflateInit(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

/// windowBits 31 reads gzip.
static inline int autoimage_inflateInit(z_streamp stream) {
    return inflateInit2(stream, 31);
}

#endif
