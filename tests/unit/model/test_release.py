"""The manifest's id, over time."""

import hashlib

import msgspec
from fakes.environment import digest, make_release
from fakes.zips import Zip, zip_release
from msgspec.structs import replace

from lockage.model.canonical import canonical, content_digest
from lockage.model.release import Release, archive_key

OF_IMAGES_ALONE = (
    '{"commit":"' + "a" * 40 + '","dirty":false,"evidence":[{"artifact":"sha256:' + "a" * 64 + '","kind":"verdict",'
    '"sha256":"sha256:' + "e" * 64 + '"}],"functions":[{"artifact":"sha256:' + "a" * 64 + '","configuration":'
    '{"architecture":"x86_64","command":["scorer.handler.handle"],"environment":{"MODE":"strict",'
    '"TABLE":"${table.decisions}"},"memory_mb":256,"timeout_s":30},'
    '"configuration_hash":"sha256:a0a2f7015484007296e7ed16f437a4879c36bb556e34cfcbe235c86f5dfd221d","name":"scorer",'
    '"package":"image","probe":"{\\"probe\\":true}","repository":"platform"}],"parent":null,"project":"platform",'
    '"schema":1,"second_sources":[]}'
)
"""As it was written before there were zips."""


def test_a_release_of_images_alone_keeps_its_id() -> None:
    found = msgspec.json.decode(OF_IMAGES_ALONE, type=Release)
    assert found == make_release("a", functions=("scorer",))
    assert canonical(found) == OF_IMAGES_ALONE.encode()
    assert found.id == hashlib.sha256(OF_IMAGES_ALONE.encode()).hexdigest()
    assert found.functions[0].configuration_hash == content_digest(found.functions[0].configuration)


def test_layers_count_for_the_id_and_the_configuration_hash() -> None:
    functions = {"ingestion": Zip(code="i", layers=("deps",))}
    one, two = (zip_release(functions, {"deps": content}) for content in ("1", "2"))
    assert one.id != two.id
    assert one.functions[0].configuration_hash != two.functions[0].configuration_hash
    assert replace(one, layers=()).id != one.id
    assert msgspec.json.decode(canonical(one), type=Release) == one


def test_an_archives_place_is_its_content() -> None:
    assert archive_key(digest("a")) == f"archives/{'a' * 64}.zip"
