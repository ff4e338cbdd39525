#!/bin/sh
if [ "$DEBUG" ]; then set -x; fi
java -jar target/hello-1.0.jar
