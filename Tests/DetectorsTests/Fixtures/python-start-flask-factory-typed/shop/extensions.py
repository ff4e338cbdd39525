import flask


def build(config):
    app = flask.Flask("shop")
    if config:
        app.config.from_object(config)
    return app
