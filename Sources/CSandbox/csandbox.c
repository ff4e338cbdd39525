#include "csandbox.h"
int autoimage_placeholder(void) { return 0; }
