import os

from django.http import JsonResponse
from django.urls import path


async def health(request):
    return JsonResponse({"status": "ok", "uid": os.getuid(), "request": type(request).__name__})


urlpatterns = [path("health", health)]
