from fastapi import FastAPI
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

app = FastAPI()
app = SentryAsgiMiddleware(app)
