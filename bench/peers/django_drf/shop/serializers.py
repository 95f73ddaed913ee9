"""What the API takes and returns."""

from django.db import transaction
from rest_framework import serializers

from shop.models import Order, OrderLine, Product, User

STAMPS = ("created_at", "updated_at", "version")
ORDER_FIELDS = ("id", "customer_id", "status", "placed_at", *STAMPS)


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "name", "email", *STAMPS)


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ("id", "name", "price", "stock", *STAMPS)


class OrderLineSerializer(serializers.ModelSerializer):
    product = ProductSerializer()

    class Meta:
        model = OrderLine
        fields = ("id", "order_id", "product_id", "quantity", "product", *STAMPS)


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ORDER_FIELDS


class OrderFullSerializer(OrderSerializer):
    customer = UserSerializer()
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = (*ORDER_FIELDS, "customer", "lines")


class OrderLineCreateSerializer(serializers.Serializer):
    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1)


class OrderCreateSerializer(serializers.Serializer):
    lines = OrderLineCreateSerializer(many=True, allow_empty=False, max_length=100)

    def create(self, validated_data):
        with transaction.atomic():
            order = Order.objects.create(customer_id=validated_data["customer_id"])
            lines = [OrderLine(order=order, **line) for line in validated_data["lines"]]
            OrderLine.objects.bulk_create(lines)
        return order

    def to_representation(self, instance):
        return OrderSerializer(instance).data
