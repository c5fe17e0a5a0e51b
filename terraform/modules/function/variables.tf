variable "function" {
  description = "One function, as modules/project puts it out."
  type        = any
}

variable "alias" {
  description = "The alias that everything calls."
  type        = string
}

variable "seed_image" {
  description = "What an image function runs before its first release, by digest; a zip brings its own, seed.zip."
  type        = string
  default     = null

  validation {
    condition     = var.function.package == "zip" || can(regex("@sha256:[0-9a-f]{64}$", var.seed_image))
    error_message = "A function of an image needs one to be made with, by its digest: REGISTRY/REPOSITORY@sha256:…"
  }
}

variable "url_parameter" {
  description = "SSM parameter that holds the URL, of a function that has one."
  type        = string
}
