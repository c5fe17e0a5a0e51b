variable "name" {
  description = "The bucket's name."
  type        = string
}

variable "policy" {
  description = "Policy document of the bucket."
  type        = any
}
