from starlette.applications import Starlette
from starlette.routing import Route


def create_app(debug: bool = False) -> Starlette:
    return Starlette(debug=debug, routes=[])


app = create_app()
