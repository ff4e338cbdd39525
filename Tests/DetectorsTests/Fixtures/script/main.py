import json
import sys

import helper

print(json.dumps({"args": sys.argv[1:]}), helper.NAME)
