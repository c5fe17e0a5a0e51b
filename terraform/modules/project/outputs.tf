output "registry" {
  description = "What the registry's account holds for all environments."
  value = {
    project = local.project
    account = local.registry.account
    region  = local.registry.region
    tokens  = local.tokens

    repositories = {
      for name, repository in local.repositories :
      repository => { arn = local.repository_arn[name], policy = local.repository_policy }
    }
    store = { name = local.registry.store, arn = local.store_arn, policy = local.store_policy }
    roles = { publisher = { trust = local.trust.publisher, policy = local.policy.publisher } }
  }
}

output "environment" {
  description = "What one environment holds, and its way into the release store."
  value = {
    project = local.project
    name    = var.environment
    account = local.account
    region  = local.region
    alias   = local.alias

    # An account has one provider an issuer: the registry's root makes its own.
    tokens = local.account == local.registry.account ? null : local.tokens

    tables = {
      for name, table in local.tables :
      name => { name = "${local.project}-${name}", arn = local.arn.table[name], key = table.key }
    }
    topics  = { for name, _ in local.topics : name => { name = "${local.project}-${name}", arn = local.arn.topic[name] } }
    secrets = { for name, _ in local.secrets : name => { name = "${local.project}-${name}" } }
    queues = {
      for name, queue in local.queues : name => {
        name         = "${local.project}-${name}"
        arn          = local.arn.queue[name]
        dead_letter  = local.arn.dead[name]
        receives     = try(queue.receives, 3)
        visibility_s = local.visibility_s[name]
      }
    }
    subscriptions = {
      for name, subscription in local.subscribed : name => {
        topic  = local.arn.topic[subscription.topic]
        queue  = local.arn.queue[name]
        filter = try(subscription.filter, {})
        policy = local.queue_policy[name]
      }
    }

    roles = {
      for role in ["deployer", "rollback", "e2e"] : role => { trust = local.trust[role], policy = local.policy[role] }
    }
    # Made in the registry's account.
    releases = { trust = local.trust.releases, policy = local.policy.releases }

    functions = {
      for name, function in local.functions : name => {
        name         = "${local.project}-${name}"
        arn          = local.arn.function[name]
        package      = function.zip == null ? "image" : "zip"
        runtime      = function.zip == null ? null : local.zips[function.zip].runtime
        architecture = local.platform[name] == "linux/arm64" ? "arm64" : "x86_64"
        log_group    = "/aws/lambda/${local.project}-${name}"
        trust        = local.trusted_by_lambda
        policy       = local.policy["function/${name}"]
        url          = function.url
        topic        = function.topic == null ? null : local.arn.topic[function.topic]
        queue = function.queue == null ? null : {
          arn      = local.arn.queue[function.queue]
          batch    = function.batch
          window_s = function.batch <= 10 ? 0 : 1
        }
      }
    }
  }
}
