# Policies of the things themselves, and what follows from who uses them.

locals {
  # Who may pull images: each environment's deployer, which names one, and its functions' Lambda, which fetches it.
  # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-xaccount-permissions
  repository_policy = {
    Version = "2012-10-17"
    Statement = flatten([
      for name, place in local.declared.environments : [
        {
          Sid       = "${replace(title(replace(name, "-", " ")), " ", "")}Deployer"
          Effect    = "Allow"
          Action    = local.pull
          Principal = { AWS = ["arn:aws:iam::${place.account}:root"] }
          Condition = {
            ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::${place.account}:role/${local.project}-deployer"] }
          }
        },
        {
          Sid       = "${replace(title(replace(name, "-", " ")), " ", "")}Lambda"
          Effect    = "Allow"
          Action    = local.pull
          Principal = { Service = ["lambda.amazonaws.com"] }
          Condition = {
            ArnLike = { "aws:SourceArn" = ["arn:aws:lambda:${place.region}:${place.account}:function:${local.project}-*"] }
          }
        },
      ]
    ])
  }

  # Whoever does not use TLS is refused everything, and so is whoever would write an archive anew.
  refused_by_store = [
    {
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Action    = ["s3:*"]
      Resource  = [local.store_arn, "${local.store_arn}/*"]
      Principal = { AWS = ["*"] }
      Condition = { Bool = { "aws:SecureTransport" = ["false"] } }
    },
    {
      Sid       = "ArchivesAreWrittenOnce"
      Effect    = "Deny"
      Action    = ["s3:PutObject"]
      Resource  = [local.archives_arn]
      Principal = { AWS = ["*"] }
      Condition = { Null = { "s3:if-none-match" = ["true"] } }
    },
  ]

  # Lambda reads an archive with the rights of whoever names it: each environment's deployer, of another account.
  read_from_store = [
    for name, place in local.declared.environments : {
      Sid       = "${replace(title(replace(name, "-", " ")), " ", "")}Deployer"
      Effect    = "Allow"
      Action    = ["s3:GetObject"]
      Resource  = [local.archives_arn]
      Principal = { AWS = ["arn:aws:iam::${place.account}:root"] }
      Condition = {
        ArnEquals = { "aws:PrincipalArn" = ["arn:aws:iam::${place.account}:role/${local.project}-deployer"] }
      }
    }
  ]

  store_policy = {
    Version   = "2012-10-17"
    Statement = local.packs ? concat(local.refused_by_store, local.read_from_store) : slice(local.refused_by_store, 0, 1)
  }

  subscribed = { for name, queue in local.queues : name => queue.subscribe if try(queue.subscribe, null) != null }

  # The topic a queue is subscribed to may send to it, and no other.
  queue_policy = {
    for name, subscription in local.subscribed : name => {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "Topic"
        Effect    = "Allow"
        Action    = ["sqs:SendMessage"]
        Resource  = [local.arn.queue[name]]
        Principal = { Service = ["sns.amazonaws.com"] }
        Condition = { ArnEquals = { "aws:SourceArn" = [local.arn.topic[subscription.topic]] } }
      }]
    }
  }

  # AWS's advice for a polled queue is six times the function's timeout; 30 s is SQS's own default for the others.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  polled_s = {
    for name, _ in local.queues :
    name => [for function in local.functions : 6 * function.timeout_s if function.queue == name]
  }
  visibility_s = { for name, polled in local.polled_s : name => length(polled) == 0 ? 30 : max(polled...) }
}
