variable "function" {
  description = "One function, as modules/project puts it out."
  type        = any
}

variable "alias" {
  description = "The alias that everything calls."
  type        = string
}

variable "package_type" {
  description = "Image or Zip. Lambda cannot change it, and Terraform will not replace a function: take it away first."
  type        = string
  default     = "Image"

  validation {
    condition     = contains(["Image", "Zip"], var.package_type)
    error_message = "A function is packaged as Image or as Zip."
  }
}

variable "seed" {
  description = "What the function runs before its first release: an image by digest, or the path of a zip."
  type        = string

  validation {
    condition     = var.package_type == "Zip" || can(regex("@sha256:[0-9a-f]{64}$", var.seed))
    error_message = "An image is named by its digest: REGISTRY/REPOSITORY@sha256:…"
  }
}

variable "runtime" {
  description = "Lambda runtime of a zip before its first release."
  type        = string
  default     = "python3.13"
}

variable "url_parameter" {
  description = "SSM parameter that holds the URL, of a function that has one."
  type        = string
}
