"""app = FastAPI() in a docstring is no application."""
from fastapi import FastAPI

app = FastAPI(
    title="hello",
)
