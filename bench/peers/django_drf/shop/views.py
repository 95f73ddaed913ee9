"""The shop's one viewset: a customer's own orders."""

from django.db import IntegrityError
from rest_framework import mixins, pagination, status, viewsets
from rest_framework.exceptions import APIException, ValidationError

from shop.models import Order
from shop.serializers import OrderCreateSerializer, OrderFullSerializer, OrderSerializer


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Unknown customer or product"


class OrderPagination(pagination.CursorPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 100
    ordering = "-created_at"


class OrderViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
    viewsets.GenericViewSet,
):
    pagination_class = OrderPagination

    @property
    def full(self):
        return self.request.query_params.get("include") == "customer,lines.product"

    def get_queryset(self):
        orders = Order.objects.filter(customer_id=self.request.user.id)
        if wanted := self.request.query_params.get("status"):
            if wanted not in Order.Status.values:
                raise ValidationError({"status": ["Not a status."]})
            orders = orders.filter(status=wanted)
        if self.full:
            orders = orders.select_related("customer").prefetch_related("lines__product")
        return orders

    def get_serializer_class(self):
        if self.action == "create":
            return OrderCreateSerializer
        return OrderFullSerializer if self.full else OrderSerializer

    def perform_create(self, serializer):
        try:
            serializer.save(customer_id=self.request.user.id)
        except IntegrityError as error:
            raise Conflict from error
