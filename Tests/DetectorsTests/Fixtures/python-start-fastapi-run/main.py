import fastapi

import plugins

app = plugins.load("orders", base=fastapi)
