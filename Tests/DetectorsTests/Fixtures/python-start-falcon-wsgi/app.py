import falcon

app = application = falcon.App()
