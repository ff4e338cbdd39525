#ifndef AUTOIMAGE_ATTRIBUTES_H
#define AUTOIMAGE_ATTRIBUTES_H

/// Extended attributes, which the Glibc module leaves out.
#include <sys/xattr.h>

#endif
