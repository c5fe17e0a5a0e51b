variable "name" {
  description = "The role's name."
  type        = string
}

variable "trust" {
  description = "Policy document: whom it trusts."
  type        = any
}

variable "policy" {
  description = "Policy document: what it may do."
  type        = any
}
