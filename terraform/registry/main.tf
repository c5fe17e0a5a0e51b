# The registry's account: images, releases, and who writes them. Applied first.

module "project" {
  source = "../modules/project"

  file        = "${path.module}/../../lockage.yaml"
  environment = "preprod"
}

locals {
  declared = module.project.registry
}

provider "aws" {
  region              = local.declared.region
  allowed_account_ids = [local.declared.account]
  profile             = var.profile

  default_tags {
    tags = { project = local.declared.project, terraform = "registry" }
  }
}

module "registry" {
  source = "../modules/registry"

  repositories = local.declared.repositories
}

module "store" {
  source = "../modules/store"

  name   = local.declared.store.name
  policy = local.declared.store.policy
}

resource "aws_iam_openid_connect_provider" "github" {
  count = local.declared.tokens == null ? 0 : 1

  url            = local.declared.tokens.url
  client_id_list = [local.declared.tokens.audience]
}

module "publisher" {
  source = "../modules/role"

  name   = "${local.declared.project}-publisher"
  trust  = local.declared.roles.publisher.trust
  policy = local.declared.roles.publisher.policy

  depends_on = [aws_iam_openid_connect_provider.github]
}
