from django.db import models


class Find(models.Model):
    """Something the sea left on a beach."""

    name = models.CharField(max_length=120)
    beach = models.CharField(max_length=120)
    found_on = models.DateField()
    grams = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-found_on", "name"]

    def __str__(self):
        return f"{self.name} ({self.beach})"
