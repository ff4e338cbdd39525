from flask import Flask as F

app = F(__name__)
