variable "declared" {
  description = "The environment, as modules/project puts it out."
  type        = any
}
