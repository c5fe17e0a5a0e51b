variable "declared" {
  description = "The environment, as modules/project puts it out."
  type        = any
}

variable "seed_image" {
  description = "An image by digest, for functions of images that have no release yet; any that Lambda can pull."
  type        = string
  default     = null
}
