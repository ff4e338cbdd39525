SECRET_KEY = "only-a-fixture"
ROOT_URLCONF = "site1.urls"
WSGI_APPLICATION = "site1.wsgi.application"
