SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tide.urls"
ASGI_APPLICATION = "tide.asgi.application"
WSGI_APPLICATION = "tide.wsgi.application"
USE_TZ = True
