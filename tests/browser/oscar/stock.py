"""Fills an empty shop: a few books with covers, one country to ship to, and customers to buy."""

import os
from decimal import Decimal
from io import BytesIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from oscar.apps.catalogue.categories import create_from_breadcrumbs  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

BOOKS = [
    ("The Quiet Harbour", "14.90", "#29506b"),
    ("A Field Guide to Doors", "22.00", "#8a4b2d"),
    ("Letters Never Asked For", "11.50", "#4f6b3a"),
    ("The Clockmaker's Garden", "18.20", "#6b3f63"),
    ("Salt and Paper", "9.90", "#b0832c"),
    ("Nine Ways Home", "16.40", "#35605a"),
]
FILM = (
    '<iframe width="560" height="315" src="https://www.youtube.com/embed/aqz-KE-bpKQ?rel=0" title="A reading" '
    "allowfullscreen></iframe>"
)


def cover(title, colour):
    """A plain cover as PNG bytes."""
    image = Image.new("RGB", (300, 400), colour)
    draw = ImageDraw.Draw(image)
    draw.rectangle((14, 14, 285, 385), outline="#f4ead8", width=3)
    for row, word in enumerate(title.split()):
        draw.text((150, 120 + 40 * row), word, fill="#f4ead8", anchor="mm", font_size=30)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def fill():
    """Creates everything."""
    Product = get_model("catalogue", "Product")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Book", requires_shipping=True, track_stock=False)
    category = create_from_breadcrumbs("Books")
    partner = get_model("partner", "Partner").objects.create(name="The Reading Room")
    for number, (title, price, colour) in enumerate(BOOKS, start=1):
        book = Product.objects.create(
            title=title,
            upc=f"book-{number}",
            product_class=kind,
            description="<p>Printed on paper, read in one evening.</p>" + (FILM if number == 1 else ""),
        )
        book.categories.add(category)
        book.stockrecords.create(partner=partner, partner_sku=f"sku-{number}", price=Decimal(price), price_currency="EUR")
        book.images.create(original=ContentFile(cover(title, colour), name=f"book-{number}.png"))
    get_model("address", "Country").objects.create(
        iso_3166_1_a2="FR", iso_3166_1_a3="FRA", printable_name="France", name="France", is_shipping_country=True
    )
    for number in range(1, 21):
        get_user_model().objects.create_user(f"reader{number}", f"reader{number}@shop.example", "seven-candles")


if __name__ == "__main__":
    fill()
