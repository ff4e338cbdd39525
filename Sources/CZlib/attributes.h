#ifndef AUTOIMAGE_ATTRIBUTES_H
#define AUTOIMAGE_ATTRIBUTES_H

/// Extended attributes, which the Glibc module leaves out.
#include <sys/xattr.h>

/// Flushes the file system of a descriptor, see syncfs(2): glibc declares it for GNU programs only.
extern int syncfs(int fd);

/// Gives two paths each other's name with the flag 2, see renameat2(2): for GNU programs only, too.
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);

#endif
