import os

import flask


def build(name):
    site = flask.Flask(name)

    @site.get("/health")
    def health():
        return flask.jsonify(status="ok", uid=os.getuid(), server=flask.request.environ["SERVER_SOFTWARE"][:8])

    return site
