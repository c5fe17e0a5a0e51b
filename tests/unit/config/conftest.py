from pathlib import Path

import pytest

PROJECT = """\
version: 1
project: shop
images:
  base:
    dockerfile: base/Dockerfile
  app:
    dockerfile: app/Dockerfile
    requirements: app/requirements.lock
    sources: [src/orders, src/common]
    repository: app
functions:
  orders:
    image: app
    handler: orders.main.handle
    environment:
      TABLE: ${table.orders}
    probe: src/orders/probe.json
    grants:
      - to: table.orders
        actions: ["dynamodb:PutItem"]
      - to: queue.work
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    trigger: {queue: work}
resources:
  tables:
    orders: {key: id}
  topics:
    placed: {}
  queues:
    work:
      subscribe: {topic: placed}
registry: {account: "222222222222", region: eu-central-1, store: shop-releases}
environments:
  preprod: {account: "111111111111", region: eu-central-1}
  prod: {account: "222222222222", region: eu-central-1, after: preprod}
runtimes:
  python3.13: example.com/lambda/python:3.13@sha256:%s
zips:
  catalog:
    sources: [src/catalog]
    layers: [shared, packages]
layers:
  shared:
    sources: [src/shared]
  packages:
    requirements: src/packages.lock
""" % ("a" * 64)

FILES = (
    "base/Dockerfile",
    "app/Dockerfile",
    "app/requirements.lock",
    "src/orders/probe.json",
    "src/common/__init__.py",
    "src/catalog/__init__.py",
    "src/shared/__init__.py",
    "src/packages.lock",
)


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    """A project without a mistake, with every file it names."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    path = tmp_path / "lockage.yaml"
    path.write_text(PROJECT)
    return path
