# One environment: what functions refer to, the pipeline's roles, and the functions.

module "messaging" {
  source = "../messaging"

  declared = var.declared
}

# GitHub's tokens are believed in this account. The registry's root makes the provider of its own.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.declared.tokens == null ? 0 : 1

  url            = var.declared.tokens.url
  client_id_list = [var.declared.tokens.audience]
}

module "role" {
  source   = "../role"
  for_each = var.declared.roles

  name   = "${var.declared.project}-${each.key}"
  trust  = each.value.trust
  policy = each.value.policy

  depends_on = [aws_iam_openid_connect_provider.github]
}

# The way into the release store, in the registry's account; the roles it trusts must be there first.
module "releases" {
  source = "../role"

  providers = { aws = aws.registry }

  name   = "${var.declared.project}-releases-${var.declared.name}"
  trust  = var.declared.releases.trust
  policy = var.declared.releases.policy

  depends_on = [module.role]
}

module "function" {
  source   = "../function"
  for_each = var.declared.functions

  function      = each.value
  alias         = var.declared.alias
  seed_image    = var.seed_image
  url_parameter = "/${var.declared.project}/url/${each.key}"

  depends_on = [module.messaging]
}
