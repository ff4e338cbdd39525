import importlib.metadata
import os

import bottle

app = bottle.Bottle()


@app.get("/")
def hello():
    return f"pep621-hello {importlib.metadata.version('pep621-hello')} as {os.getuid()}"
