from datetime import date

from django.db import migrations

FINDS = [
    ("Cork float", "Sandwood Bay", date(2024, 3, 9), 310),
    ("Ship's timber", "Sandwood Bay", date(2024, 11, 23), 18500),
    ("Sea bean", "Porthcurno", date(2025, 1, 4), 12),
]


def add(apps, schema_editor):
    Find = apps.get_model("catalog", "Find")
    Find.objects.bulk_create(
        Find(name=name, beach=beach, found_on=found_on, grams=grams) for name, beach, found_on, grams in FINDS
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
