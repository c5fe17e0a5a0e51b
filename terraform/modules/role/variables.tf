variable "name" {
  description = "The role's name."
  type        = string
}

variable "trust" {
  description = "Policy document: whom it trusts."
  type        = any

  validation {
    condition     = length(var.trust.Statement) > 0
    error_message = "Nobody could take on this role: state under `github` in lockage.yaml whose jobs may."
  }
}

variable "policy" {
  description = "Policy document: what it may do."
  type        = any
}
