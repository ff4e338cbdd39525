#ifndef AUTOIMAGE_ATTRIBUTES_H
#define AUTOIMAGE_ATTRIBUTES_H

/// Extended attributes, which the Glibc module leaves out.
#include <sys/xattr.h>

/// Flushes the file system of a descriptor, see syncfs(2): glibc declares it for GNU programs only.
extern int syncfs(int fd);

#endif
