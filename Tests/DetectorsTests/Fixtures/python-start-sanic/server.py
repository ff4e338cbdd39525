from sanic import Sanic


def create_app() -> Sanic:
    return Sanic("orders")


if __name__ == "__main__":
    create_app().run(port=9999, dev=True)
