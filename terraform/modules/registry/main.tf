# ECR repositories. A tag is a commit's, and never moves.
#
# There is no lifecycle policy, on purpose: its rules know ages and counts, not which release an alias may have to go back
# to, and a function whose image is gone fails (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html). What no
# release needs any more only the release store can tell.

#trivy:ignore:AWS-0033 A key of one's own would add a grant for every function that pulls; what is in an image is no secret.
resource "aws_ecr_repository" "this" {
  for_each = var.repositories

  name                 = each.key
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_repository_policy" "this" {
  for_each = var.repositories

  repository = aws_ecr_repository.this[each.key].name
  policy     = jsonencode(each.value.policy)
}
