"""A shop, made by a factory."""

from .site import build


def create_app(name: str = "shop"):
    return build(name)
