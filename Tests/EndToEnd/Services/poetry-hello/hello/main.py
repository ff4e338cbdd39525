import importlib.metadata
import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return f"poetry-hello {importlib.metadata.version('poetry-hello')} as {os.getuid()}"
