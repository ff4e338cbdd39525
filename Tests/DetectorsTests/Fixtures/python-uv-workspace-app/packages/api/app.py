from flask import Flask

import shop_lib

app = Flask(__name__)
