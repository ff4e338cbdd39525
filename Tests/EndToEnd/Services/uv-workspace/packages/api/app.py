"""Answers with what another member of the workspace knows."""

import os

import tides
from flask import Flask

app = Flask(__name__)


@app.get("/tide")
def tide():
    return f"{tides.KIND} {os.path.dirname(tides.__file__)} {' '.join(sorted(os.listdir('/app')))}"
