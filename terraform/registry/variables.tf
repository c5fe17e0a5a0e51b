variable "profile" {
  description = "AWS profile of the registry's account; null for the default credentials."
  type        = string
  default     = null
}
