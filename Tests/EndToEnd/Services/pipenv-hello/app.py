import os

import bottle

app = bottle.Bottle()


@app.get("/")
def hello():
    return f"pipenv-hello with bottle {bottle.__version__} as {os.getuid()}"
