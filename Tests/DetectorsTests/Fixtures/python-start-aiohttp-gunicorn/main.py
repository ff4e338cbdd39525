from aiohttp import web


async def create_app() -> web.Application:
    app = web.Application()
    return app


if __name__ == "__main__":
    web.run_app(create_app(), port=8080)
