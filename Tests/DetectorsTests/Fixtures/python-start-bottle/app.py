import bottle
from bottle import route


@route("/")
def index():
    return "hello"


app = bottle.default_app()

if __name__ == "__main__":
    bottle.run(app, host="0.0.0.0", port=8080)
