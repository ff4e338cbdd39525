#!/bin/sh
set -e
# more memory for threads
exec java -Xss2m -jar target/hello-1.0.jar "$@"
