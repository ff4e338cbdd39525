"""A greeting over HTTP, with checked values."""

import os

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI(title="Hello")


class Greeting(BaseModel):
    name: str = Field(min_length=1, max_length=40)
    times: int = Field(default=1, ge=1, le=5)


@app.get("/")
async def hello():
    return {"message": "Hello from FastAPI"}


@app.post("/greetings")
async def greet(greeting: Greeting):
    return {"messages": [f"Hello {greeting.name}"] * greeting.times}


@app.get("/health")
async def health():
    return {"status": "ok", "uid": os.getuid()}
