import asyncio

import tornado.web

PORT = 8888


def make_app():
    return tornado.web.Application([])


async def main():
    make_app().listen(PORT)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
