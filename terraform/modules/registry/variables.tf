variable "repositories" {
  description = "Name → { arn, policy }, as modules/project puts it out."
  type        = any
}
