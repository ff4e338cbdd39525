import tornado.web


class Root(tornado.web.RequestHandler):
    def get(self):
        self.write("hub")
