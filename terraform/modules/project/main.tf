# What lockage.yaml declares, as names, ARNs and policies. Every verb of lockage names its mistakes; here it is taken as right.

locals {
  declared = yamldecode(file(var.file))
  project  = local.declared.project
  registry = local.declared.registry
  github   = try(local.declared.github, null)

  environment = local.declared.environments[var.environment]
  account     = local.environment.account
  region      = local.environment.region
  alias       = try(local.environment.alias, "live")

  tables  = try(local.declared.resources.tables, {})
  topics  = try(local.declared.resources.topics, {})
  queues  = try(local.declared.resources.queues, {})
  secrets = try(local.declared.resources.secrets, {})

  # Optional keys filled in, so that nothing below asks whether they are there.
  functions = {
    for name, function in local.declared.functions : name => {
      image     = try(function.image, null)
      zip       = try(function.zip, null)
      timeout_s = try(function.timeout_s, 30)
      url       = try(function.url, false)
      grants    = [for grant in try(function.grants, []) : { to = grant.to, actions = grant.actions }]
      topic     = try(function.trigger.topic, null)
      queue     = try(function.trigger.queue, null)
      batch     = try(function.trigger.batch, 10)
    }
  }
  images = {
    for name, image in try(local.declared.images, {}) : name => {
      platform   = try(image.platform, "linux/amd64")
      repository = try(image.repository, null)
    }
  }
  zips = {
    for name, zip in try(local.declared.zips, {}) : name => {
      platform = try(zip.platform, "linux/amd64")
      runtime  = try(zip.runtime, "python3.13")
    }
  }
  layers = try(local.declared.layers, {})

  # Function → what it runs on.
  platform = {
    for name, function in local.functions :
    name => function.zip == null ? local.images[function.image].platform : local.zips[function.zip].platform
  }

  # Whether there are archives in the store at all.
  packs = length(local.zips) + length(local.layers) > 0

  checks = try(local.declared.checks.grants, [])
}
