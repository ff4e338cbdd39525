from django.urls import path

from catalog import views

urlpatterns = [
    path("", views.index, name="index"),
    path("finds/<int:pk>/", views.detail, name="detail"),
    path("health", views.health, name="health"),
]
