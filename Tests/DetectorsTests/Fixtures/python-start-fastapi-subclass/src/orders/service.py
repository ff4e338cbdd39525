from fastapi import FastAPI

from .settings import Settings


class API(FastAPI):
    def __init__(self, settings: Settings) -> None:
        super().__init__(debug=settings.debug)
