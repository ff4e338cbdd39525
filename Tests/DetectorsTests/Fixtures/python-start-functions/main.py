import functions_framework
from cloudevents.http import CloudEvent


def greeting(name):
    return f"hello {name}"


@functions_framework.http
def hello(request):
    return greeting(request.args.get("name", "world"))
