"""Who owns what of a function: the pipeline's half is ignored, all of it and nothing else; callers call the alias."""

import re

from unit.terraform.parsed import Sources

from lockage.rehearsal import seed

CODE = {
    "architectures",
    "image_uri",
    "filename",
    "s3_bucket",
    "s3_key",
    "s3_object_version",
    "source_code_hash",
    "code_sha256",
    "layers",
}
CONFIGURATION = {"image_config", "handler", "runtime", "memory_size", "timeout", "environment"}
ALIAS = "aws_lambda_alias.this"
FOLDER = "modules/function"


def test_exactly_the_pipeline_s_half_is_ignored(sources: Sources) -> None:
    ignored = {
        (r.type, r.name): set(lifecycle["ignore_changes"])
        for r in sources.resources()
        for lifecycle in r.body.get("lifecycle", [])
        if "ignore_changes" in lifecycle
    }
    assert ignored == {
        ("aws_lambda_function", "this"): CODE | CONFIGURATION,
        ("aws_lambda_alias", "this"): {"function_version", "routing_config"},
    }
    assert sum(text.count("ignore_changes") for text in sources.texts.values()) - sources.texts[
        "modules/function/main.tf"
    ].count("`ignore_changes`") == len(ignored)


def test_nothing_of_the_pipeline_s_half_is_stated_but_what_making_a_function_takes(sources: Sources) -> None:
    body = sources.resource(FOLDER, "aws_lambda_function")
    assert (CODE | CONFIGURATION) & body.keys() == {"architectures", "image_uri", "filename", "handler", "runtime"}
    assert body["publish"] is True, "the alias needs a first version to stand on"


def test_an_apply_never_takes_away_versions_that_a_rollback_may_need(sources: Sources) -> None:
    (lifecycle,) = sources.resource(FOLDER, "aws_lambda_function")["lifecycle"]
    assert lifecycle["prevent_destroy"] is True


def test_a_function_is_an_image_or_a_zip(sources: Sources) -> None:
    (local,) = sources.parsed[f"{FOLDER}/main.tf"]["locals"]
    assert local["zip"] == 'var.function.package == "zip"'
    body = sources.resource(FOLDER, "aws_lambda_function")
    assert body["package_type"] == 'local.zip ? "Zip" : "Image"'
    assert body["image_uri"] == "local.zip ? null : var.seed_image"
    assert body["filename"] == '${local.zip ? "${path.module}/seed.zip" : null}'
    assert body["handler"] == f'local.zip ? "{seed.HANDLER}" : null'
    assert body["runtime"] == "local.zip ? var.function.runtime : null"


def test_the_committed_seed_is_the_one_that_a_rehearsal_makes(sources: Sources) -> None:
    assert (sources.root / FOLDER / "seed.zip").read_bytes() == seed.archive(), (
        "write it anew: python -m lockage.rehearsal.seed terraform/modules/function/seed.zip"
    )


def test_seed_images_are_named_by_digest(sources: Sources) -> None:
    for file in ("modules/function/variables.tf", "envs/preprod/variables.tf", "envs/prod/variables.tf"):
        assert 'regex("@sha256:[0-9a-f]{64}$", var.seed_image' in sources.texts[file]


def test_everything_that_calls_calls_the_alias(sources: Sources) -> None:
    callers = {
        "aws_lambda_event_source_mapping": ("function_name", f"{ALIAS}.arn"),
        "aws_lambda_function_url": ("qualifier", f"{ALIAS}.name"),
        "aws_lambda_permission": ("qualifier", f"{ALIAS}.name"),
        "aws_sns_topic_subscription": ("endpoint", f"{ALIAS}.arn"),
    }
    found = [r for r in sources.resources(FOLDER) if r.type in callers]
    assert {r.type for r in found} == callers.keys()
    for resource in found:
        argument, alias = callers[resource.type]
        assert resource.body[argument] == alias, f"{resource.type}.{resource.name}"


def test_nothing_refers_to_a_function_past_its_alias(sources: Sources) -> None:
    read = {
        attribute
        for text in sources.texts.values()
        for attribute in re.findall(r"aws_lambda_function\.this\.(\w+)", text)
    }
    assert read == {"function_name", "version"}, "version is the alias's first; no ARN of the function is handed out"
    outputs = sources.parsed[f"{FOLDER}/outputs.tf"]["output"]
    assert [value["value"] for block in outputs for value in block.values()] == [f"{ALIAS}.arn"]


def test_a_url_is_opened_by_both_permissions_and_no_more(sources: Sources) -> None:
    url = sources.resource(FOLDER, "aws_lambda_permission", "url")
    by_url = sources.resource(FOLDER, "aws_lambda_permission", "by_url")
    assert (url["action"], url["function_url_auth_type"]) == ("lambda:InvokeFunctionUrl", "NONE")
    assert (by_url["action"], by_url["invoked_via_function_url"]) == ("lambda:InvokeFunction", True)
    assert {r.name for r in sources.resources() if r.type == "aws_lambda_permission"} == {"url", "by_url", "topic"}


def test_a_topic_is_let_in_by_its_own_name(sources: Sources) -> None:
    permission = sources.resource(FOLDER, "aws_lambda_permission", "topic")
    assert (permission["action"], permission["principal"]) == ("lambda:InvokeFunction", "sns.amazonaws.com")
    subscription = sources.resource(FOLDER, "aws_sns_topic_subscription")
    assert permission["source_arn"] == subscription["topic_arn"] == "var.function.topic"
    assert permission["count"] == subscription["count"] == "var.function.topic == null ? 0 : 1"
    assert (subscription["protocol"], subscription["depends_on"]) == ("lambda", ["aws_lambda_permission.topic"])
