"""A greeting over HTTP."""

import os

from flask import Flask, jsonify
from markupsafe import escape

app = Flask(__name__)


@app.get("/")
def hello():
    return "<p>Hello from Flask</p>"


@app.get("/hello/<name>")
def hello_name(name):
    return f"<p>Hello {escape(name)}</p>"


@app.get("/health")
def health():
    return jsonify(status="ok", uid=os.getuid())
