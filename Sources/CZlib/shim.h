#ifndef AUTOIMAGE_CZLIB_SHIM_H
#define AUTOIMAGE_CZLIB_SHIM_H

#include <zlib.h>

/// deflateInit2 is a macro, which Swift cannot call. windowBits 31 writes a gzip header without name or time.
static inline int autoimage_deflateInit(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}

/// windowBits 47 reads gzip and zlib headers.
static inline int autoimage_inflateInit(z_streamp stream) {
    return inflateInit2(stream, 47);
}

#endif
