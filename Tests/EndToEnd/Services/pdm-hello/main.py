import os

import uvicorn
from fastapi import FastAPI
from greet import greeting

app = FastAPI()


@app.get("/")
def hello():
    return {"hello": greeting("pdm"), "server": uvicorn.__name__, "uid": os.getuid()}
