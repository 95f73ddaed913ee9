"""Calls the stock with stubs that protoc has made. Says what it saw as one JSON document.

Usage: python stubs.py ADDRESS FOLDER TOKEN; the folder has the stubs.
"""

import json
import sys
from typing import Any

import grpc

address, folder, token = sys.argv[1:]
sys.path.insert(0, folder)

from charterapi.v1 import query_pb2  # type: ignore[import-not-found]  # noqa: E402
from google.protobuf import field_mask_pb2  # noqa: E402
from stock.v1 import stock_pb2 as pb  # type: ignore[import-not-found]  # noqa: E402
from stock.v1 import stock_pb2_grpc as stubs  # noqa: E402

METADATA = (("authorization", f"Bearer {token}"),)


def main() -> dict[str, Any]:
    with grpc.insecure_channel(address) as channel:
        products, categories = stubs.ProductServiceStub(channel), stubs.CategoryServiceStub(channel)
        shelf = categories.CreateCategory(
            pb.CreateCategoryRequest(category=pb.Category(name="Coffee")), metadata=METADATA
        )
        new = pb.Product(name="Mocha", price="7.25", pieces=5, category_id=shelf.id, state=USED)
        made = products.CreateProduct(pb.CreateProductRequest(product=new), metadata=METADATA)
        taken = products.TakeProduct(pb.TakeProductRequest(id=made.id, pieces=2), metadata=METADATA)
        where = query_pb2.Filter(
            condition=query_pb2.Condition(
                field="pieces", comparator=query_pb2.COMPARATOR_LT, values=["4"]
            )
        )
        mask = field_mask_pb2.FieldMask(paths=["name", "pieces", "state", "category.*"])
        listed = products.ListProducts(
            pb.ListProductsRequest(filter=where, read_mask=mask), metadata=METADATA
        )
        streamed = products.StreamProducts(
            pb.StreamProductsRequest(filter=where), metadata=METADATA
        )
        (row,) = listed.items
        watching = products.WatchProducts(
            pb.WatchProductsRequest(filter=where, read_mask=mask), metadata=METADATA, timeout=60
        )
        watched = [next(watching), next(watching)]
        products.TakeProduct(pb.TakeProductRequest(id=made.id, pieces=1), metadata=METADATA)
        watched.append(next(watching))
        watching.cancel()
        return {
            "state": pb.Product.State.Name(taken.state),
            "pieces": taken.pieces,
            "created": taken.created_at.ToDatetime().isoformat() > "2020",
            "listed": [row.name, row.pieces, row.category.name, row.HasField("price")],
            "streamed": [found.name for found in streamed],
            "ready": [found.ready for found in watched],
            "watched": [
                [query_pb2.ChangeKind.Name(change.kind), change.key == made.id, change.row.pieces]
                for found in watched
                for change in found.changes
            ],
        }


USED = pb.Product.STATE_USED
sys.stdout.write(json.dumps(main()))
