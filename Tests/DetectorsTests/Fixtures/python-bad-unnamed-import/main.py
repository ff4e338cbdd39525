import json

import requests

print(requests.get)
