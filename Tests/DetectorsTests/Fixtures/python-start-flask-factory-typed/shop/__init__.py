from flask import Flask

from .extensions import build


def create_app(config: str | None = None) -> Flask:
    return build(config)
