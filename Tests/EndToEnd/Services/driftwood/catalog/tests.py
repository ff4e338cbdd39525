from datetime import date

from django.test import TestCase
from django.urls import reverse

from .models import Find


class PagesTests(TestCase):
    def test_index_lists_newest_first(self):
        Find.objects.create(name="Glass float", beach="Luskentyre", found_on=date(2025, 8, 2), grams=640)
        page = self.client.get(reverse("index"))
        self.assertContains(page, "Glass float")
        text = page.content.decode()
        self.assertLess(text.index("Glass float"), text.index("Cork float"))

    def test_names_are_escaped(self):
        Find.objects.create(name="<b>Net</b>", beach="Luskentyre", found_on=date(2025, 8, 2))
        self.assertContains(self.client.get(reverse("index")), "&lt;b&gt;Net&lt;/b&gt;")

    def test_detail_of_nothing_is_404(self):
        self.assertEqual(self.client.get(reverse("detail", args=[999999])).status_code, 404)

    def test_health(self):
        self.assertEqual(self.client.get(reverse("health")).json()["status"], "ok")
