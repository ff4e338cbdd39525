"""Says what is installed beside it."""

from importlib.metadata import distributions

from flask import Flask

app = Flask(__name__)


@app.get("/installed")
def installed():
    return " ".join(sorted(found.metadata["Name"].lower() for found in distributions()))
