import asyncio
import os

import tornado.web

from .handlers import Root


async def serve():
    app = tornado.web.Application([("/", Root)])
    app.listen(int(os.environ.get("PORT", "8000")))
    await asyncio.Event().wait()


def main():
    asyncio.run(serve())


if __name__ == "__main__":
    main()
