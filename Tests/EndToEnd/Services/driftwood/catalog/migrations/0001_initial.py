from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Find",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("beach", models.CharField(max_length=120)),
                ("found_on", models.DateField()),
                ("grams", models.PositiveIntegerField(default=0)),
            ],
            options={"ordering": ["-found_on", "name"]},
        ),
    ]
