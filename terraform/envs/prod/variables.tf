variable "profile" {
  description = "AWS profile of the environment's account; null for the default credentials."
  type        = string
  default     = null
}

variable "registry_profile" {
  description = "AWS profile of the registry's account; null for the default credentials."
  type        = string
  default     = null
}

variable "seed_image" {
  description = "What a function of an image runs until its first release: an image of its architecture by digest, such as the first one pushed."
  type        = string
  default     = null

  validation {
    condition     = var.seed_image == null || can(regex("@sha256:[0-9a-f]{64}$", var.seed_image))
    error_message = "An image is named by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:…"
  }
}
