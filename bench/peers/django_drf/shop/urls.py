"""The shop's routes."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from shop.views import OrderViewSet

router = SimpleRouter(trailing_slash=False)
router.register("orders", OrderViewSet, basename="order")
urlpatterns = [path("v1/", include(router.urls))]
