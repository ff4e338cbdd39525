import os

from flask import Flask
from flask_restful import Api
from waitress import serve

application = Flask(__name__)
api = Api(application)

if __name__ == "__main__":
    serve(application, host="0.0.0.0", port=int(os.environ.get("PORT", 8090)))
