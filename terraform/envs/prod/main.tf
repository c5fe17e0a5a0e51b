# The environment prod, and its way into the release store of the registry's account.

module "project" {
  source = "../../modules/project"

  file        = "${path.module}/../../../lockage.yaml"
  environment = "prod"
}

locals {
  declared = module.project.environment
  registry = module.project.registry
}

provider "aws" {
  region              = local.declared.region
  allowed_account_ids = [local.declared.account]
  profile             = var.profile

  default_tags {
    tags = { project = local.declared.project, terraform = "prod" }
  }
}

provider "aws" {
  alias = "registry"

  region              = local.registry.region
  allowed_account_ids = [local.registry.account]
  profile             = var.registry_profile

  default_tags {
    tags = { project = local.declared.project, terraform = "prod" }
  }
}

module "environment" {
  source = "../../modules/environment"

  providers = {
    aws          = aws
    aws.registry = aws.registry
  }

  declared   = local.declared
  seed_image = var.seed_image
}
