"""Production settings of the shop: no debug, no middleware that an API does not need."""

import os
from datetime import timedelta
from urllib.parse import urlsplit

database = urlsplit(os.environ["DATABASE_URL"])
pool_size = int(os.environ["POOL_SIZE"])

DEBUG = False
SECRET_KEY = os.environ["JWT_KEY"]
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "shop"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
USE_TZ = True
TIME_ZONE = "UTC"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database.path.lstrip("/"),
        "USER": database.username,
        "HOST": database.hostname,
        "PORT": database.port,
        "OPTIONS": {"pool": {"min_size": pool_size, "max_size": pool_size}},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": os.environ["JWT_KEY"],
    "AUDIENCE": os.environ["JWT_AUDIENCE"],
    "ISSUER": os.environ["JWT_ISSUER"],
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": None,
    "JTI_CLAIM": None,
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
}
