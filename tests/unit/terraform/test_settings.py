"""What a reviewer looks for in each resource, and that Terraform and the rehearsal's table state the same figures."""

import re

from unit.terraform.parsed import Sources

from lockage.config.load import load_project
from lockage.rehearsal.resources import LOG_RETENTION_DAYS


def test_tags_are_immutable_and_images_are_kept(sources: Sources) -> None:
    body = sources.resource("modules/registry", "aws_ecr_repository")
    assert body["image_tag_mutability"] == "IMMUTABLE"
    assert body["image_scanning_configuration"] == [{"scan_on_push": True}]
    assert body["encryption_configuration"] == [{"encryption_type": "AES256"}]
    assert body["force_delete"] is False
    assert not [r for r in sources.resources() if r.type == "aws_ecr_lifecycle_policy"]


def test_the_store_keeps_everything_and_shows_nobody(sources: Sources) -> None:
    folder = "modules/store"
    versioning = sources.resource(folder, "aws_s3_bucket_versioning")
    assert versioning["versioning_configuration"] == [{"status": "Enabled"}]
    block = sources.resource(folder, "aws_s3_bucket_public_access_block")
    assert [value for name, value in block.items() if name != "bucket"] == [True] * 4
    ownership = sources.resource(folder, "aws_s3_bucket_ownership_controls")
    assert ownership["rule"] == [{"object_ownership": "BucketOwnerEnforced"}]
    (rule,) = sources.resource(folder, "aws_s3_bucket_lifecycle_configuration")["rule"]
    assert not {"expiration", "noncurrent_version_expiration"} & rule.keys()
    assert sources.resource(folder, "aws_s3_bucket")["force_destroy"] is False


def test_data_is_encrypted_kept_and_recoverable(sources: Sources) -> None:
    folder = "modules/messaging"
    table = sources.resource(folder, "aws_dynamodb_table")
    assert table["deletion_protection_enabled"] is True
    assert table["point_in_time_recovery"] == table["server_side_encryption"] == [{"enabled": True}]
    for name in ("this", "dead"):
        assert sources.resource(folder, "aws_sqs_queue", name)["sqs_managed_sse_enabled"] is True
    assert sources.resource(folder, "aws_sns_topic")["kms_master_key_id"] == "alias/aws/sns"
    assert "secret_string" not in "".join(sources.texts.values()), "a secret's value has no place in Terraform's state"


def test_figures_that_the_rehearsal_states_too(sources: Sources) -> None:
    log = sources.resource("modules/function", "aws_cloudwatch_log_group")
    assert log["retention_in_days"] == LOG_RETENTION_DAYS
    mapping = sources.resource("modules/function", "aws_lambda_event_source_mapping")
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    subscription = sources.resource("modules/messaging", "aws_sns_topic_subscription")
    assert (subscription["protocol"], subscription["raw_message_delivery"]) == ("sqs", True)


def test_names_are_published_where_the_rollout_looks(sources: Sources) -> None:
    folder = "modules/messaging"
    published = {
        r.name: (r.body["name"], r.body["value"]) for r in sources.resources(folder) if r.type == "aws_ssm_parameter"
    }
    place = "/${{var.declared.project}}/{}/${{each.key}}"
    assert published == {
        "table": (place.format("table"), "each.value.name"),
        "topic": (place.format("topic"), "each.value.arn"),
        "queue": (place.format("queue"), "each.value.url"),
        "secret": (place.format("secret"), "each.value.arn"),
    }
    call = sources.modules("modules/environment/main.tf")["function"]
    assert call["url_parameter"] == "/${var.declared.project}/url/${each.key}"
    url = sources.resource("modules/function", "aws_ssm_parameter", "url")
    assert (url["name"], url["value"]) == ("var.url_parameter", "aws_lambda_function_url.this[0].function_url")


def test_each_declared_environment_has_its_root(sources: Sources) -> None:
    declared = load_project(sources.root.parent / "lockage.yaml", files=False).environments
    assert {path.name for path in (sources.root / "envs").iterdir()} == set(declared)
    for name in declared:
        assert sources.modules(f"envs/{name}/main.tf")["project"]["environment"] == name
    assert sources.modules("registry/main.tf")["project"]["environment"] in declared


def test_environments_differ_in_nothing_but_their_name(sources: Sources) -> None:
    for file in ("main.tf", "variables.tf", "versions.tf", "outputs.tf"):
        preprod, prod = sources.texts[f"envs/preprod/{file}"], sources.texts[f"envs/prod/{file}"]
        assert preprod.replace("preprod", "prod") == prod


def test_each_root_works_in_the_account_it_is_for(sources: Sources) -> None:
    for root in ("registry", "envs/preprod", "envs/prod"):
        providers = [block["aws"] for block in sources.parsed[f"{root}/main.tf"]["provider"]]
        expected = [["local.declared.account"], ["local.registry.account"]][: len(providers)]
        assert [provider["allowed_account_ids"] for provider in providers] == expected


def test_every_silenced_warning_has_its_reason(sources: Sources) -> None:
    silenced = [line for text in sources.texts.values() for line in re.findall(r"trivy:ignore.*|tflint-ignore.*", text)]
    assert silenced
    for line in silenced:
        assert re.fullmatch(r"trivy:ignore:AWS-\d{4} [A-Z].{30,}\.", line), line


def test_both_sides_read_the_same_file(sources: Sources) -> None:
    assert "yamldecode(file(var.file))" in sources.texts["modules/project/main.tf"]
    for root, up in (("registry", "../.."), ("envs/preprod", "../../.."), ("envs/prod", "../../..")):
        assert sources.modules(f"{root}/main.tf")["project"]["file"] == f"${{path.module}}/{up}/lockage.yaml"
        assert (sources.root / root / up / "lockage.yaml").is_file()
