"""The shop's tables as Django models; the tables themselves are made elsewhere."""

from django.db import models
from uuid_utils.compat import uuid7


class Stamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.IntegerField(default=1)

    class Meta:
        abstract = True


class User(Stamped):
    id = models.TextField(primary_key=True)
    name = models.TextField()
    email = models.TextField()

    class Meta:
        managed = False
        db_table = "users"


class Product(Stamped):
    id = models.UUIDField(primary_key=True, default=uuid7)
    name = models.TextField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    stock = models.BigIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "products"


class Order(Stamped):
    class Status(models.TextChoices):
        DRAFT = "draft"
        PLACED = "placed"
        SHIPPED = "shipped"

    id = models.UUIDField(primary_key=True, default=uuid7)
    customer = models.ForeignKey(User, on_delete=models.PROTECT)
    status = models.TextField(choices=Status, default=Status.DRAFT)
    placed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "orders"


class OrderLine(Stamped):
    id = models.UUIDField(primary_key=True, default=uuid7)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "order_lines"
        ordering = ("id",)
