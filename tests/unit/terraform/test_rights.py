"""Rights come from one place, modules/project, which other tests evaluate and compare with the rehearsal's table."""

import re

from unit.terraform.parsed import Sources

WILD_ACTION = re.compile(r'"[a-z0-9-]+:[A-Za-z]*\*[A-Za-z]*"')


def test_every_policy_is_worked_out_by_modules_project(sources: Sources) -> None:
    policies = {
        (r.file.split("/")[1], r.type): r.body[argument]
        for r in sources.resources()
        for argument in ("policy", "assume_role_policy")
        if argument in r.body
    }
    assert policies == {
        ("role", "aws_iam_role"): "jsonencode(var.trust)",
        ("role", "aws_iam_role_policy"): "jsonencode(var.policy)",
        ("registry", "aws_ecr_repository_policy"): "jsonencode(each.value.policy)",
        ("messaging", "aws_sqs_queue_policy"): "jsonencode(each.value.policy)",
        ("store", "aws_s3_bucket_policy"): "jsonencode(var.policy)",
    }


def test_no_other_way_to_give_rights_is_used(sources: Sources) -> None:
    iam = {r.type for r in sources.resources() if r.type.startswith("aws_iam_")}
    assert iam == {"aws_iam_role", "aws_iam_role_policy", "aws_iam_openid_connect_provider"}
    assert not [
        text
        for text in sources.texts.values()
        if re.search(r'^data "|managed_policy|inline_policy', text, re.MULTILINE)
    ]


def test_what_is_handed_to_a_role_is_what_was_worked_out(sources: Sources) -> None:
    environment = sources.modules("modules/environment/main.tf")
    assert (environment["role"]["trust"], environment["role"]["policy"]) == ("each.value.trust", "each.value.policy")
    assert environment["role"]["for_each"] == "var.declared.roles"
    assert environment["releases"]["policy"] == "var.declared.releases.policy"
    assert environment["function"]["for_each"] == "var.declared.functions"
    function = sources.modules("modules/function/main.tf")["role"]
    assert (function["trust"], function["policy"]) == ("var.function.trust", "var.function.policy")
    publisher = sources.modules("registry/main.tf")["publisher"]
    assert publisher["policy"] == "local.declared.roles.publisher.policy"


def test_no_action_is_a_wildcard_except_what_is_denied(sources: Sources) -> None:
    found = [(file, action) for file, text in sources.texts.items() for action in WILD_ACTION.findall(text)]
    assert found == [("modules/project/resources.tf", '"s3:*"')]
    statement = re.search(r"\{[^{}]*\"s3:\*\"", sources.texts["modules/project/resources.tf"])
    assert statement is not None
    assert '"Deny"' in statement.group()


def test_everybody_is_a_principal_only_of_open_urls_and_of_a_refusal(sources: Sources) -> None:
    everybody = [(r.type, r.name) for r in sources.resources() if r.body.get("principal") == "*"]
    assert everybody == [("aws_lambda_permission", "url"), ("aws_lambda_permission", "by_url")]
    refused = sources.texts["modules/project/resources.tf"].partition("refused_by_store = [")[2].partition("\n  ]")[0]
    assert refused.count('AWS = ["*"]') == refused.count('"Deny"') == refused.count("Sid") == 2
    assert sum(text.count('AWS = ["*"]') for text in sources.texts.values()) == 2


def test_conditions_are_exact_but_for_the_functions_that_pull(sources: Sources) -> None:
    operators = [
        o for text in sources.texts.values() for o in re.findall(r"\b(\w*(?:Like|Equals|ForA\w+Values))\s*=", text)
    ]
    assert sorted(operators) == ["ArnEquals", "ArnEquals", "ArnEquals", "ArnLike", "StringEquals"]


def test_terraform_never_says_that_an_account_is_a_rehearsal_s(sources: Sources) -> None:
    parameters = [r.body["name"] for r in sources.resources() if r.type == "aws_ssm_parameter"]
    assert len(parameters) == 5
    assert not [name for name in parameters if "rehearsal" in name]


def test_the_releases_role_is_made_in_the_registry_s_account_after_those_it_trusts(sources: Sources) -> None:
    call = sources.modules("modules/environment/main.tf")["releases"]
    assert call["providers"] == {"aws": "aws.registry"}
    assert call["depends_on"] == ["module.role"]


def test_a_role_that_nobody_could_take_on_is_refused_with_the_way_out(sources: Sources) -> None:
    (trust,) = [block["trust"] for block in sources.parsed["modules/role/variables.tf"]["variable"] if "trust" in block]
    (validation,) = trust["validation"]
    assert validation["condition"] == "length(var.trust.Statement) > 0"
    assert "`github` in lockage.yaml" in validation["error_message"]
