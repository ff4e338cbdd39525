import os
import platform

from django.db import connection
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .models import Find


@require_safe
def index(request):
    """Every find, newest first."""
    return render(request, "catalog/index.html", {"finds": Find.objects.all()})


@require_safe
def detail(request, pk):
    """One find."""
    return render(request, "catalog/detail.html", {"find": get_object_or_404(Find, pk=pk)})


@require_safe
def health(request):
    """What an operator asks first: the database, the interpreter, the user."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    return JsonResponse(
        {
            "status": "ok",
            "database": server,
            "python": platform.python_version(),
            "uid": os.getuid(),
            "gid": os.getgid(),
        }
    )
