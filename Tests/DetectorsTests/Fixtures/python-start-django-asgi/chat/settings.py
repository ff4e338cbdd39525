INSTALLED_APPS = ["daphne", "channels"]
WSGI_APPLICATION = "chat.wsgi.application"
ASGI_APPLICATION = "chat.asgi.application"
