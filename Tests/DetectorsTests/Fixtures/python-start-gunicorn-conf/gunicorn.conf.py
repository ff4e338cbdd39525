wsgi_app = "shop.web:application"
bind = "127.0.0.1:9100"
workers = 2
